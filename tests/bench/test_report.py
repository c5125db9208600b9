"""Ratios, verdicts and the forms of the report."""

from __future__ import annotations

import json

import pytest

from tests.bench import report
from tests.bench.runner import Row
from tests.bench.scenarios import SCENARIOS

BY_NAME = {scenario.name: scenario for scenario in SCENARIOS}


def row(scenario: str, server: str, error: str = "", **figures: float) -> Row:
    """Make a row of the table."""
    return Row(BY_NAME[scenario], server, dict(figures), error)


@pytest.fixture
def rows() -> list[Row]:
    """Three servers: chatapp with twice the rate of the best peer, at one and a half times its CPU time."""
    return [
        row("fan-out-100", "chatapp", rate=4e6, cpu_us=0.3, p50_ms=8.0, rate_low=3e6, rate_high=5e6),
        row("fan-out-100", "ngircd", rate=2e6, cpu_us=0.25, p50_ms=10.0, rate_low=2e6, rate_high=2e6),
        row("fan-out-100", "inspircd", rate=1e6, cpu_us=0.2, p50_ms=20.0, rate_low=1e6, rate_high=1e6),
        row("idle", "chatapp", client_kb=2.5, clients=5000.0),
        row("history", "chatapp", rate=900.0, p99_ms=7.5),
        row("direct-8", "chatapp", error="b1 received 3 lines instead of 4."),
    ]


def test_a_ratio_is_to_the_best_of_the_peers(rows):
    """The best peer is the fastest one for a rate, and the one that needs least for a cost."""
    assert report.ratio(rows, rows[0], "rate", at_least=True) == 2.0
    assert report.ratio(rows, rows[0], "cpu_us", at_least=False) == pytest.approx(1.5)
    assert report.ratio(rows, rows[2], "rate", at_least=True) == 0.5


def test_without_a_peer_there_is_no_ratio(rows):
    """A ratio to nothing is left out, never invented."""
    assert report.ratio(rows, rows[3], "client_kb", at_least=False) is None


def test_each_target_of_a_scenario_that_was_run_is_judged(rows):
    """Reached, missed, and "not measured", which is missed too."""
    found = {(target.scenario, target.figure): (value, reached) for target, value, reached in report.verdicts(rows)}
    assert found == {
        ("fan-out-100", "rate"): (2.0, True),
        ("fan-out-100", "cpu_us"): (pytest.approx(1.5), True),
        ("direct-8", "rate"): (None, False),
        ("idle", "client_kb"): (2.5, True),
        ("history", "p99_ms"): (7.5, False),
    }


@pytest.mark.parametrize(
    ("value", "written"),
    [(4_012_345, "4.01 M"), (98_765, "98.8 k"), (1234.5, "1,234"), (999.4, "999"), (0.0264, "0.0264"), (0, "0")],
)
def test_numbers_have_three_digits_that_count(value, written):
    """More would pretend to a precision that no run has."""
    assert report.short(value) == written


def test_sign_ins_are_told_in_what_people_wait_for():
    """Seconds until all are in, the longest wait beside a flood, and the hashes that were wasted."""
    waits = {"wait_hasty_s": 0.5, "wait_guessing_s": 3.25, "wait_patient_s": 0.75, "max_ms": 3250.0}
    rows = [
        row("sign-in-restart", "chatapp", all_in_s=104.2, clients=800.0, connections=803.0, wasted=2.0, rate=7.7),
        row("sign-in-tokens", "chatapp", all_in_s=4.5, clients=2000.0, connections=2000.0, hashes=0.0, rate=444.0),
        row("sign-in-again", "chatapp", all_in_s=2.5, clients=5000.0, hashes=0.0, rate=2000.0),
        row("sign-in-flood", "chatapp", **waits),
    ]
    assert [report.result(each) for each in rows] == [
        "104 s until all 800 are in",
        "4.5 s until all 2,000 are in",
        "2,000 sign-ins/s",
        "3.25 s at most",
    ]
    told = report.text(rows).splitlines()
    assert "sign-in-restart: 2 hashes were wasted; 800 accounts made 803 connections." in told
    assert "sign-in-again: 5,000 connections in 2.5 s, 0 hashes." in told
    assert "sign-in-flood: 0.5 s, the longest wait beside a hasty flood (at most 3): reached" in told
    assert "sign-in-flood: 3.25 s, the longest wait beside a guessing flood (at most 3): MISSED" in told


def test_the_text_has_a_line_for_each_row_and_names_errors(rows):
    """An error stands where the figures would."""
    lines = report.text(rows).splitlines()
    assert lines[0].startswith("scenario")
    assert [line.split()[:2] for line in lines[2:8]] == [[each.scenario.name, each.server] for each in rows]
    assert "4 M deliveries/s" in lines[2]
    assert "25%" in lines[2]
    assert "ERROR: b1 received 3 lines instead of 4." in lines[7]
    assert "history: 7.5 ms p99 of a history page (at most 5): MISSED" in lines


def test_the_markdown_table_is_a_table(rows):
    """Every line of it has the same number of cells."""
    table = [line for line in report.markdown(rows).splitlines() if line.startswith("|")]
    assert len(table) == 2 + len(rows)
    assert {line.count("|") for line in table} == {len(report.HEADER) + 1}


def test_json_holds_every_figure(rows):
    """What is printed for programs can be read by them, and nothing is rounded."""
    told = json.loads(json.dumps(report.as_json(rows, {"cores": 2}, {"rounds": 3})))
    assert told["rows"][0]["figures"]["rate"] == 4e6
    assert told["rows"][0]["rate_ratio"] == 2.0
    assert told["rows"][5]["error"] == "b1 received 3 lines instead of 4."
    assert [each["reached"] for each in told["targets"]] == [True, True, False, True, False]


def test_a_rate_that_the_generator_limits_is_marked():
    """Such a figure says "at least"."""
    figures = {"rate": 2e6, "rate_low": 2e6, "rate_high": 2e6, "generator_share": 0.97}
    one, other = row("tls-fan-out", "ngircd", **figures, server_share=0.7), row("tls-fan-out", "inspircd", **figures)
    assert report.result(one) == ">= 2 M deliveries/s"
    assert report.result(other) == "2 M deliveries/s"
    assert report.notes([one]) == [">=: the load generator was the limit, the server could do more."]


def test_disturbed_runs_are_marked():
    """Where other programs used the processors, the reader is told."""
    one = row("fan-out-100", "ngircd", rate=1.0, rate_low=1.0, rate_high=1.0, others_share=0.5)
    assert report.spread(one) == "0% (noisy)"
    assert any(note.startswith("noisy:") for note in report.notes([one]))
