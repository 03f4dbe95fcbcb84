"""Blind scoring at the desk: a case with its question, a word on it, and nothing of what a judge said."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from handrail.domain.quality.judge.judging import JudgeRun, Purpose
from handrail.domain.quality.judge.labels import LabelTask
from handrail.domain.quality.judge.rubric import label_key
from handrail.postgres.quality.judging import PostgresJudging
from handrail.postgres.quality.labels import PostgresLabels
from handrail.quality.judging.loader import load_rubric
from handrail.shop import business
from tests.support.deskside import at_desk, key_of, with_desk
from tests.support.house import House

CRITERION = "answered"


async def test_a_person_scores_a_case_blind_and_once(home: House) -> None:
    order = await home.strangers_order(status="delivered", refunded=False)
    case = await home.open(order.customer_id, f"Where is <b>my</b> order {order.order_id}?")
    day = datetime.now(UTC).date() + timedelta(days=1)
    about = {"day": day, "case_id": case.case_id, "criterion": CRITERION}
    wording = label_key(load_rubric(business.folder).value.criteria[CRITERION])
    await PostgresLabels(home.pool).ask(LabelTask(**about, wording=wording, chosen_from="fail", probability=1.0))
    said = {"judge": "j", "run": 1, "verdict": "fail", "quote": "a secret verdict", "asked_at": case.updated_at}
    await PostgresJudging(home.pool).keep(JudgeRun(**about, purpose=Purpose.SAMPLE, **said))

    async with at_desk(await with_desk(home), await key_of(home, "ann")) as ann:
        page = await ann.look("/desk/score")
        assert case.case_id in page
        assert "Where is &lt;b&gt;my&lt;/b&gt; order" in page
        for hidden in ("a secret verdict", "<b>my</b>", "probability"):
            assert hidden not in page
        form = {"case_id": case.case_id, "criterion": CRITERION, "note": "it says nothing of the order"}
        none = await ann.submit(page, "/desk/score", **form, verdict="perhaps")
        assert (none.status_code, "it says nothing of the order" in none.text) == (422, True)
        other = await ann.post("/desk/score", data={**form, "verdict": "fail", "form_token": "of another session"})
        assert other.status_code == 409
        kept = await ann.submit(page, "/desk/score", **form, verdict="fail")
        assert kept.status_code == 303, kept.text
        after = await ann.look(kept.headers["location"])
        assert "Your word is kept." in after
        assert case.case_id not in after
    labels = "select reviewer, verdict, note from handrail.quality_labels where case_id = %(case_id)s"
    assert await home.rows(labels, case_id=case.case_id) == [("ann", "fail", "it says nothing of the order")]
