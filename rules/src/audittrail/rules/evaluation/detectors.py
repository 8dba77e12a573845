"""Finding secrets and personal data in a text.

Secrets of services by the detectors of detect-secrets, which know their forms, and the forms of
keys of model providers, which it does not know. Numbers of cards, accounts and persons by
python-stdnum, which checks their digits. Guesses by entropy or by a word such as "password" are
left out: they are wrong too often for a verdict.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Iterator
from typing import Any, Final, NamedTuple

from stdnum import iban, luhn
from stdnum.us import ssn

from audittrail.rules.evaluation.blocks import BLOCKS_KEPT, blocks

__all__ = [
    "SIGNS_OF_PERSONAL_DATA",
    "SIGNS_OF_SECRETS",
    "Found",
    "find_personal_data",
    "find_secret",
    "script_of",
]


class Found(NamedTuple):
    """Where something is in a text, in characters, and what it is."""

    start: int
    length: int
    what: str


# A word before the dash as OpenAI (proj), Anthropic (ant-api03), OpenRouter (or-v1) and others
# write it. At least one digit and one letter, so that a name with dashes is none.
_KEYS: Final = re.compile(
    r"(?<![\w-])(?P<key>sk-(?:[a-z]+[a-z0-9]*-){0,3}(?=[A-Za-z_-]*\d)(?=[\d_-]*[A-Za-z])[A-Za-z0-9_-]{20,}"
    r"|AIza[A-Za-z0-9_-]{35}|hf_[A-Za-z]{30,}|github_pat_[A-Za-z0-9_]{50,}"
    r"|gsk_[A-Za-z0-9]{40,}|r8_[A-Za-z0-9]{35,}|xai-[A-Za-z0-9]{40,}|npm_[A-Za-z0-9]{36})(?![\w-])"
)
# What is no key by its form alone: AWS's secret next to its name, a password without a user.
_NAMED: Final = (
    (
        re.compile(
            r"(?i:secret[_ -]?access[_ -]?key)(?:\\*[\"'])?\s*(?:[:=]+>?|>)\s*(?:\\*[\"'])?"
            r"(?P<key>(?=[A-Z/+a-z]*\d)(?=[\d/+]*[A-Za-z])[A-Za-z0-9/+]{40})(?![A-Za-z0-9/+=])"
        ),
        "AWS Access Key",
    ),
    (
        re.compile(r"(?<=[a-z0-9]://):(?!\$\w+@)(?P<key>[^\s:/?#\[\]@'\"(){}<>\\]+)@[\w\[]"),
        "Basic Auth Credentials",
    ),
)
# Any text with a secret has one of these in it; RE2 looks for them in whole columns at once.
SIGNS_OF_SECRETS: Final = (
    r"sk-|AIza|hf_|npm_|gsk_|r8_|xai-|github_pat_|gh[opsur]_|gl[a-z]{2,6}-|AKIA|ASIA|ABIA|A3T|(?i:aws)"
    r"|(?i:secret[_ -]?access)"
    r"|AccountKey=|://[^/\s]*:[^/\s]+@|eyJ|PRIVATE KEY|PuTTY-User|pypi-Ag|SG\.|xox[abposr]-"
    r"|hooks\.slack\.com|[rs]k_live_|\d{8,10}:[0-9A-Za-z_-]{35}"
)

_NO_SECRETS: Final = frozenset(
    ("", "***", "xxx", "password", "pass", "passwd", "secret", "token", "changeme", "postgres")
)

_EMAIL: Final = re.compile(
    r"(?<![\w.+-])(?P<name>[A-Za-z0-9._%+-]{1,64})@(?P<host>[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{2,63}){1,4})"
    r"(?![\w-])"
)
# Pictures for fine screens: icon@2x.png.
_PICTURE: Final = re.compile(r"\dx\.(?:png|jpe?g|gif|webp|svg|heic)")
# Addresses of a role or a machine are nobody's.
_NOBODY: Final = re.compile(
    r"abuse|admin|billing|bot|contact|git|help|hello|hr|info|mail|marketing|news|no-?reply"
    r"|notifications|office|postmaster|press|privacy|root|sales|security|service|support|team"
    r"|webmaster"
)
_PHONE: Final = re.compile(
    r"(?<![\w+])\+[1-9]\d{0,2}[ .-]?\(?\d{1,4}\)?(?:[ .-]?\d{2,4}){2,4}(?!\w)"
)
_CARD: Final = re.compile(r"(?<![\w.-])(?:\d[ -]?){12,18}\d(?![\w-]|\.\d)")
# The lengths that networks issue by the first digits: Visa, Mastercard, American Express,
# Discover, Diners, JCB.
_CARD_FORM: Final = re.compile(
    r"4\d{12}(?:\d{3}){0,2}|5[1-5]\d{14}|2[2-7]\d{14}|3[47]\d{13}|6(?:011|5\d\d)\d{12}"
    r"|3(?:0[0-5]|[68]\d)\d{11}|35\d{14}"
)
_IBAN: Final = re.compile(r"(?<!\w)[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,4})?(?!\w)")
_SSN: Final = re.compile(r"(?<![\w-])\d{3}-\d{2}-\d{4}(?![\w-])")
SIGNS_OF_PERSONAL_DATA: Final = {
    "email": r"@[A-Za-z0-9-]+\.[A-Za-z]",
    "phone": r"\+[1-9][\d (.-]{7}",
    "card": r"(?:\d[ -]?){12}\d",
    "iban": r"[A-Z]{2}\d{2} ?[A-Z0-9]{4}",
    "ssn": r"\d{3}-\d{2}-\d{4}",
}

_SCRIPTS: Final = {
    "latin": r"[A-Za-zÀ-ɏ]",
    "cyrillic": r"[Ѐ-ӿ]",
    "greek": r"[Ͱ-Ͽ]",
    "arabic": r"[؀-ۿ]",
    "hebrew": r"[֐-׿]",
    "devanagari": r"[ऀ-ॿ]",
    "thai": r"[฀-๿]",
    "hangul": r"[가-힯]",
    "kana": r"[぀-ヿ]",
    "han": r"[一-鿿]",
}
_LETTERS: Final = {name: re.compile(pattern) for name, pattern in _SCRIPTS.items()}
_FEWEST_LETTERS: Final = 20
_LOOKED_AT: Final = 20_000


@functools.cache
def _detectors() -> tuple[Any, ...]:
    """Imported at the first text that may hold a secret: with ``requests``, which comes along, they
    are a twentieth of what a server imports at its start."""
    from detect_secrets.plugins.aws import AWSKeyDetector
    from detect_secrets.plugins.azure_storage_key import AzureStorageKeyDetector
    from detect_secrets.plugins.basic_auth import BasicAuthDetector
    from detect_secrets.plugins.github_token import GitHubTokenDetector
    from detect_secrets.plugins.gitlab_token import GitLabTokenDetector
    from detect_secrets.plugins.jwt import JwtTokenDetector
    from detect_secrets.plugins.private_key import PrivateKeyDetector
    from detect_secrets.plugins.pypi_token import PypiTokenDetector
    from detect_secrets.plugins.sendgrid import SendGridDetector
    from detect_secrets.plugins.slack import SlackDetector
    from detect_secrets.plugins.stripe import StripeDetector
    from detect_secrets.plugins.telegram_token import TelegramBotTokenDetector

    return (
        AWSKeyDetector(),
        AzureStorageKeyDetector(),
        BasicAuthDetector(),
        GitHubTokenDetector(),
        GitLabTokenDetector(),
        JwtTokenDetector(),
        PrivateKeyDetector(),
        PypiTokenDetector(),
        SendGridDetector(),
        SlackDetector(),
        StripeDetector(),
        TelegramBotTokenDetector(),
    )


def find_secret(text: str) -> Found | None:
    """The first secret of a known form: of the first form that is there."""
    best: tuple[int, Found] | None = None
    for begin, block in blocks(text):
        found = _secret_in(block)
        if found is not None and (best is None or found[0] < best[0]):
            best = (found[0], found[1]._replace(start=begin + found[1].start))
    return None if best is None else best[1]


@functools.lru_cache(BLOCKS_KEPT)
def _secret_in(text: str) -> tuple[int, Found] | None:
    """The number of its form beside it."""
    for key in _KEYS.finditer(text):
        if not _placeholder(key.group()):
            return 0, Found(key.start(), len(key.group()), "API key")
    for number, (form, what) in enumerate(_NAMED, 1):
        for named in form.finditer(text):
            if not _placeholder(named["key"]):
                return number, Found(named.start("key"), len(named["key"]), what)
    for number, detector in enumerate(_detectors(), 1 + len(_NAMED)):
        secrets = [each for each in detector.analyze_string(text) if not _placeholder(each)]
        if secrets:
            first = min(secrets, key=text.index)
            return number, Found(text.index(first), len(first), detector.secret_type)
    return None


def _placeholder(secret: str) -> bool:
    """What stands in the place of a secret, as documents have it: ``user:password@host``,
    ``sk-your-key-here-...``, AWS's ``...EXAMPLE``, a variable's name, the password that a database
    comes with."""
    lowered = secret.lower().strip("<>{}$[]%*")
    return (
        lowered in _NO_SECRETS
        or len(set(lowered)) < 3
        or lowered.endswith(("example", "examplekey"))
        or re.fullmatch(r"(?:[a-z]+[_-])*(?:my|your)?(?:password|passwd|pass|secret)", lowered)
        is not None
        or re.search(r"(?:^|[-_])your(?:[-_]|$)|xxxx", lowered) is not None
    )


def find_personal_data(text: str, kinds: str) -> Found | None:
    """The first of these kinds, which are separated by spaces, in their order."""
    for kind in kinds.split():
        for begin, block in blocks(text):
            found = _personal_in(block, kind)
            if found is not None:
                return found._replace(start=begin + found.start)
    return None


@functools.lru_cache(4 * BLOCKS_KEPT)
def _personal_in(text: str, kind: str) -> Found | None:
    return next(_FINDERS[kind](text), None)


def _emails(text: str) -> Iterator[Found]:
    for match in _EMAIL.finditer(text):
        if (
            not _NOBODY.fullmatch(match["name"].lower())
            and not match["host"].rpartition(".")[2].isdigit()
            and not _PICTURE.fullmatch(match["host"].lower())
        ):
            yield Found(match.start(), len(match.group()), "e-mail address")


def _phones(text: str) -> Iterator[Found]:
    for match in _PHONE.finditer(text):
        if 8 <= sum(letter.isdigit() for letter in match.group()) <= 15:
            yield Found(match.start(), len(match.group()), "phone number")


def _cards(text: str) -> Iterator[Found]:
    for match in _CARD.finditer(text):
        digits = re.sub(r"\D", "", match.group())
        # Numbers such as 4000000000000002 are valid by their digits; times and ids are not.
        if _CARD_FORM.fullmatch(digits) and luhn.is_valid(digits) and len(set(digits)) > 1:
            yield Found(match.start(), len(match.group()), "card number")


def _ibans(text: str) -> Iterator[Found]:
    for match in _IBAN.finditer(text):
        if iban.is_valid(match.group()):
            yield Found(match.start(), len(match.group()), "IBAN")


def _ssns(text: str) -> Iterator[Found]:
    for match in _SSN.finditer(text):
        # The number in everybody's examples is well formed.
        if ssn.is_valid(match.group()) and match.group() != "123-45-6789":
            yield Found(match.start(), len(match.group()), "social security number")


_FINDERS: Final[dict[str, Callable[[str], Iterator[Found]]]] = {
    "email": _emails,
    "phone": _phones,
    "card": _cards,
    "iban": _ibans,
    "ssn": _ssns,
}


def script_of(text: str) -> str | None:
    """The writing system of most letters; None for fewer than 20 letters. Japanese is ``kana``
    if a tenth of its letters are."""
    counts = {name: len(letters.findall(text[:_LOOKED_AT])) for name, letters in _LETTERS.items()}
    total = sum(counts.values())
    if total < _FEWEST_LETTERS:
        return None
    if counts["kana"] * 10 >= total:
        return "kana"
    best: Any = max(counts, key=lambda name: counts[name])
    return str(best)
