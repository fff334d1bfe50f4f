"""The conformance kit refuses connectors that are broken, and says what is wrong with them.

Each is the connector of the tutorial with one fault put in, of a sort seen in other connectors.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest
from tests.testing.installed import ACME, announce


@dataclass(frozen=True)
class Fault:
    """A text of a module replaced by another, the case that is to fail, and what it is to say."""

    module: str
    good: str
    bad: str
    case: str
    says: str


FAULTS = {
    "a page ends among records of one stamp": Fault(
        "connector",
        'place = {"from": records[-1]["modified"], "after": records[-1]["id"]}',
        'place = {"from": records[-1]["modified"], "after": "~"}',
        "test_more_records_of_one_stamp_than_a_page_holds",
        "records with one stamp",
    ),
    "the cursor stands still among records of one stamp": Fault(
        "connector",
        'place = {"from": records[-1]["modified"], "after": records[-1]["id"]}',
        'place = {"from": records[-1]["modified"], "after": ""}',
        "test_more_records_of_one_stamp_than_a_page_holds",
        "50 pages in a row brought only what had come before",
    ),
    "the cursor stands at the end of the run": Fault(
        "connector",
        "_MARGIN = timedelta(seconds=60)",
        "_MARGIN = timedelta(0)",
        "test_a_change_that_is_committed_late_is_read",
        "was not read: the cursor stays behind now by a margin",
    ),
    "every run reads everything": Fault(
        "connector",
        'safe = {"from": stamp(start - _MARGIN), "after": ""}',
        'safe = {"from": "", "after": ""}',
        "test_a_second_read_gives_nothing_new",
        "two days without a change",
    ),
    "decimals come as floats": Fault(
        "wire",
        "return Decimal(value)",
        "return float(value)  # type: ignore[return-value]",
        "test_a_stock_account_is_read_too or test_a_full_read_equals_the_truth",
        "came as `float`",
    ),
    "dates come without a zone": Fault(
        "connector",
        'modified_at=datetime.fromisoformat(found["modified"])',
        'modified_at=datetime.fromisoformat(found["modified"]).replace(tzinfo=None)',
        "test_records_are_read_by_id or test_a_full_read_equals_the_truth",
        "has no zone",
    ),
    "merges are not told": Fault(
        "connector",
        'aliases=tuple(found["merged"])',
        "aliases=()",
        "test_a_merged_record_lives_on_under_the_other_id",
        "was merged into",
    ),
    "a removed field reads as empty": Fault(
        "connector",
        "        if missing:\n",
        "        kinds.update(dict.fromkeys(missing, FieldKind.TEXT))\n        if not kinds:\n",
        "test_a_removed_field_is_noticed",
        "are read as if it were empty",
    ),
    "results are taken to be in the order of the batch": Fault(
        "connector",
        'return {each["id"]: record_failure(each["error"]) for each in answer["results"] if each["error"]}',
        'return {own.id: record_failure(each["error"]) for own, each in zip(batch, answer["results"]) '
        'if each["error"]}',
        "test_each_item_of_a_partial_failure_lands_on_its_record",
        "not written:",
    ),
    "results come in the CRM's order": Fault(
        "connector",
        "failures.get(each.id, ended)) for each in batch]",
        "failures.get(each.id, ended)) for each in batch[::-1]]",
        "test_many_changes_have_their_results_in_order",
        "not in the order of the changes",
    ),
    "a value is added to instead of set": Fault(
        "connector",
        "        records = [\n            {",
        "        held = {each.id: each.values for each in self.read("
        "ReadQuery(batch[0].object, tuple(batch[0].values)), [each.id for each in batch])}\n"
        "        batch = [Change(each.object, each.id, {name: (held[each.id][name] or 0) + value"
        " if type(value) is int else value for name, value in each.values.items()}) for each in batch]\n"
        "        records = [\n            {",
        "test_a_batch_written_again_changes_nothing",
        "holds a whole number 165, wanted is a whole number 55",
    ),
    "texts lose their letters": Fault(
        "wire",
        "    return list(value) if isinstance(value, tuple) else value\n",
        "    if isinstance(value, str):\n        return value.encode('ascii', 'replace').decode()\n"
        "    return list(value) if isinstance(value, tuple) else value\n",
        "test_values_of_each_kind_come_back_as_they_were_written and text",
        "wanted is a text 'Ayşe",
    ),
    "a dry run writes": Fault(
        "connector",
        "        if not dry_run:\n            options = ",
        "        if True:\n            options = ",
        "test_a_dry_run_announces_and_writes_nothing",
        "the dry run made or changed a field",
    ),
    "a field of another kind is taken": Fault(
        "connector",
        "if found is not None and found.kind is spec.kind:",
        "if found is not None:",
        "test_a_field_of_another_kind_is_a_failure_and_stays_as_it_is",
        "that step alone fails",
    ),
    "too many calls end the run": Fault(
        "wire",
        "if status == 429 or status >= 500:",
        "if status >= 500:",
        "test_refusals_that_pass_are_waited_for and throttle",
        "two calls were refused, and reading gave up",
    ),
    "the limits are not kept to": Fault(
        "connector",
        "RateWindow(94, 1.0)",
        "RateWindow(940, 1.0)",
        "test_a_burst_provokes_no_refusal",
        "calls were refused as too many",
    ),
    "a used-up quota is asked for again and again": Fault(
        "wire",
        '"QUOTA_USED": FailureKind.LIMIT',
        '"QUOTA_USED": FailureKind.RETRY',
        "test_a_quota_that_is_used_up_ends_the_run_as_a_limit",
        "the quota is used up: LIMIT",
    ),
    "an error page raises": Fault(
        "connector",
        "return self._client.call_json(kind, method, self._url + path, authorizer=self._login, **options)",
        "return self._client.call(kind, method, self._url + path, authorizer=self._login, **options).json()",
        "test_reading_outlives_a_fault_in_any_call and html",
        "`JSONDecodeError` left the connector",
    ),
    "a failed batch raises": Fault(
        "connector",
        "                    failures = {change.id: error.failure for change in batch}\n",
        "                    raise\n                    failures = {}\n",
        "test_trouble_that_stays_is_told_and_does_no_harm and status",
        "`write` raised where each change is to have its own result",
    ),
    "expired credentials end the run": Fault(
        "wire",
        '"TOKEN_EXPIRED": FailureKind.REFRESH',
        '"TOKEN_EXPIRED": FailureKind.STOP',
        "test_credentials_that_expire_while_writing_are_renewed",
        "not written:",
    ),
    "revoked credentials have no remedy": Fault(
        "wire",
        'remedy = _REMEDIES.get(code, "look the code up in Acme\'s documentation")',
        "remedy = None",
        "test_revoked_credentials_end_the_run_with_a_remedy",
        "the failure names no remedy",
    ),
    "an error holds a token": Fault(
        "wire",
        '"Acme is overloaded, or was called too often"',
        'f"Acme refused {response.request.headers}"',
        "test_secrets_are_in_no_error",
        "a secret stands in an error or a result",
    ),
    "a log record holds the key": Fault(
        "login",
        '        body = {"key": secret(self._context, "ACME_KEY")}\n',
        '        body = {"key": secret(self._context, "ACME_KEY")}\n'
        '        __import__("logging").getLogger("acme").debug("log in with %s", body)\n',
        "test_a_stock_account_is_read_too",
        "a secret stands in a log record",
    ),
    "the signature is not looked at": Fault(
        "connector",
        "        if not hmac.compare_digest(",
        "        if not request.headers or hmac.compare_digest(",
        "test_a_forged_webhook_is_refused",
        "was taken for the CRM's",
    ),
    "an old webhook is taken": Fault(
        "connector",
        "_OLDEST_WEBHOOK = 300",
        "_OLDEST_WEBHOOK = 300_000",
        "test_a_forged_webhook_is_refused and age",
        "a webhook with a forged `age` was taken for the CRM's",
    ),
    "a field that was made, and the answer lost, is a failure": Fault(
        "connector",
        "            if error.failure.kind is not already:\n                raise\n",
        "            raise\n",
        "test_provisioning_outlives_a_fault_in_any_call and reset_after",
        "was hit by `reset_after`: there is a field of that name",
    ),
    "each thread logs in for itself": Fault(
        "login",
        "            if self._granted == refused:\n                self._log_in()\n",
        "            self._log_in()\n",
        "test_threads_renew_expired_credentials_together",
        "calls to renew credentials that expired once",
    ),
    "calls are not counted": Fault(
        "connector",
        "return self._client.usage()",
        "return Usage()",
        "test_usage_counts_every_call",
        "`usage` counts 0 calls",
    ),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_broken_connector_is_refused(fault: str, tmp_path: Path) -> None:
    broken = FAULTS[fault]
    announce(tmp_path)
    shutil.copytree(ACME / "fairlead_acme", tmp_path / "fairlead_acme")
    module = tmp_path / "fairlead_acme" / f"{broken.module}.py"
    source = module.read_text("utf-8")
    assert source.count(broken.good) == 1, f"the tutorial's connector has changed: {broken.good}"
    module.write_text(source.replace(broken.good, broken.bad), "utf-8")

    arguments = ["--fairlead-connector", "acme", "-k", broken.case, "--tb=short", "--show-capture=no"]
    run = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "fairlead.testing.plugin", *arguments],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(tmp_path), "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )

    assert run.returncode == 1, run.stdout + run.stderr
    assert broken.says in run.stdout
