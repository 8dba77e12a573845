"""What any store owes its callers (``audittrail.storage.interface``).

A new implementation gets a test class that inherits ``StoreContract`` and says how to open one.
"""

from tests.storage.contract.ablating import AblatingContract
from tests.storage.contract.base import spans_of, trace_of, traces_of
from tests.storage.contract.keeping import KeepingContract
from tests.storage.contract.long_texts import LongTextsContract
from tests.storage.contract.owning import OwningContract
from tests.storage.contract.reading import ReadingContract
from tests.storage.contract.writing import WritingContract

__all__ = ["StoreContract", "spans_of", "trace_of", "traces_of"]


class StoreContract(
    WritingContract,
    ReadingContract,
    OwningContract,
    LongTextsContract,
    KeepingContract,
    AblatingContract,
):
    """Subclasses define ``open_store``, and ``open_copy`` for a backup of theirs."""
