"""The recorded runs that come with the package."""

from __future__ import annotations

from importlib import resources

import pytest

from audittrail.server.demo.capture import Capture, renewed
from audittrail.server.demo.record import record
from audittrail.server.demo.recorded_runs import RUNS
from audittrail.server.demo.sample_file import Frame, as_capture, pack, unpack
from audittrail.server.demo.samples import LIVE, SAMPLES, TRACES, load_sample

MOST_BYTES = 1_500_000
FOLDER = resources.files("audittrail.server.demo") / "samples"


def test_the_list_is_what_is_there() -> None:
    """Each run that is recorded is shown, as a file; together they are small."""
    files = {file.name: file for file in FOLDER.iterdir() if file.name.endswith(".gz")}
    names = [sample.name for sample in SAMPLES]
    assert sorted(files) == sorted(f"{name}.gz" for name in names)
    assert sorted(names) == sorted(RUNS)
    assert LIVE in names
    assert sum(len(file.read_bytes()) for file in files.values()) < MOST_BYTES
    assert sum(load_sample(name).trace_count for name in names) == TRACES


def test_they_end_at_different_times_of_a_day() -> None:
    """The newest some minutes ago, all within twenty hours."""
    ago = [sample.minutes_ago for sample in SAMPLES]
    assert ago == sorted(set(ago))
    assert 2 <= ago[0] <= 10
    assert 600 < ago[-1] < 1200


@pytest.mark.slow
def test_a_sample_is_what_its_example_sends() -> None:
    """Recorded anew it has the same traces with the same spans: it was made by running it."""
    name = "handbook-parcel"
    again = as_capture(name, record(RUNS[name]))
    kept = load_sample(name)
    assert sorted(names_of(again)) == sorted(names_of(kept))
    assert [each.trace["name"] for each in again.registrations] == [
        each.trace["name"] for each in kept.registrations
    ]


def names_of(capture: Capture) -> list[str]:
    spans = [span for request in capture.requests for span in request.spans()]
    return list({span.span_id: span.name for span in spans}.values())


def test_a_registration_moves_with_its_trace() -> None:
    """Under the id that the spans get, and as much later as they are."""
    capture = load_sample(LIVE)
    again = renewed(capture, capture.start_ns + 5)
    [before], [after] = capture.registrations, again.registrations
    assert again.trace_ids == {after.trace["trace_id"]} != {before.trace["trace_id"]}
    assert after.due_ns == before.due_ns + 5
    assert after.trace["name"] == before.trace["name"]


def test_files_keep_requests_as_they_are() -> None:
    """In their order; the same requests make the same file."""
    frames = [Frame("registration", 3, b"{}"), Frame("traces", 5, b""), Frame("logs", 4, b"x" * 99)]
    assert list(unpack(pack(frames))) == frames
    assert pack(frames) == pack(frames)
