"""`make check` runs the tests of what changed: those that changed themselves and those that import what did."""

from pathlib import Path

from tests.support import scripts

check_change = scripts.load("check_change")


def test_a_changed_module_brings_the_tests_that_import_it(tmp_path: Path) -> None:
    folder = tmp_path / "tests" / "operations"
    folder.mkdir(parents=True)
    (folder / "test_payments.py").write_text("from billing.operations.settlement import payments\n")
    (folder / "test_offers.py").write_text("from billing.operations.settlement.offers import accept_offer\n")
    (folder / "test_calendar.py").write_text("import datetime\n")
    changed = ["billing/operations/settlement/payments.py", "README.md"]
    assert check_change.find_tests(changed, tmp_path) == ["tests/operations/test_payments.py"]
    changed = ["billing/operations/settlement/offers.py", "tests/operations/test_calendar.py"]
    assert check_change.find_tests(changed, tmp_path) == [
        "tests/operations/test_calendar.py",
        "tests/operations/test_offers.py",
    ]


def test_a_package_is_imported_by_its_folder() -> None:
    assert check_change.module_of("billing/operations/run/__init__.py") == "billing.operations.run"
    assert check_change.module_of("billing/clock.py") == "billing.clock"
