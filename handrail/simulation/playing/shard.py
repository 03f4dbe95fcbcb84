"""A part of the customers with everything that happens to them, in the order in which it happens."""

from __future__ import annotations

import pickle
import time
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from heapq import heappop, heappush
from typing import Any

from handrail.domain.actions.approvals import Decision, DecisionInput, DecisionKind
from handrail.domain.actions.decisions import draft
from handrail.domain.actions.proposals import SEND_REPLY
from handrail.domain.case.cases import CaseStatus
from handrail.simulation.chance import drawn, part
from handrail.simulation.plan import PlantedKind
from handrail.simulation.playing.orders import DayOrders, DayPlayed, Harm
from handrail.simulation.playing.played import NextUp, PlayedCase
from handrail.simulation.playing.rows import rows_of
from handrail.simulation.playing.stage import SimulatedStage
from handrail.simulation.population import habits, shopping, words
from handrail.simulation.population.matters import Matter, matters
from handrail.simulation.world.speaker import EMPTY_WORDS, INVENTED_WORDS, Failing, failing

MINUTE = timedelta(minutes=1)
COLLEAGUES = ("ann", "bob", "bea")
ASKED_MOST = 4
Event = tuple[float, str, NextUp, Any]


class Shard:
    """The customers whose number leaves `index` when divided by `of`, on a stage of their own."""

    def __init__(self, stage: SimulatedStage, index: int, of: int) -> None:
        self._stage, self._index, self._of = stage, index, of
        self._queue: list[Event] = []
        self._cases: dict[str, PlayedCase] = {}
        self._played = DayPlayed()
        self._orders = DayOrders(0)
        self._ratings: list[tuple[Any, ...]] = []
        self._doing: dict[NextUp, Callable[[PlayedCase, Any], Awaitable[None]]] = {
            NextUp.ANSWER: self._answer,
            NextUp.DECIDE: self._decide,
            NextUp.CLAIM: self._claim,
            NextUp.SOLVE: self._solve,
            NextUp.SILENCE: self._silence,
        }

    async def day(self, orders: DayOrders) -> DayPlayed:
        """Play the day to its end; what happens later is kept for its own day."""
        began, stage = time.process_time(), self._stage
        self._orders, self._played = orders, DayPlayed()
        stage.controls.controls = orders.controls
        stage.model.changed = PlantedKind.MODEL in orders.events
        stage.policies.mistake = PlantedKind.POLICY in orders.events
        for one in matters(stage.plan, orders.number):
            mine = int(one.customer_id[2:]) % self._of == self._index
            if mine and (one.wants != "novel" or PlantedKind.NOVEL in orders.events):
                self._later(one.at, one.matter_id, NextUp.OPEN, (one, 1))
        ends = stage.plan.begins(orders.number + 1).timestamp()
        while self._queue and self._queue[0][0] < ends:
            at, case_id, what, given = heappop(self._queue)
            stage.clock.set(datetime.fromtimestamp(at, tz=stage.clock.now().tzinfo))
            await (self._open(case_id, *given) if what is NextUp.OPEN else self._doing[what](self._cases[case_id], given))
        self._played.rows = rows_of(stage.record.taken(), self._ratings)
        self._ratings = []
        stage.record.forget(stage.clock.now())
        stage.shelves.forget(stage.clock.now() - timedelta(days=100))
        self._played.cpu = time.process_time() - began
        return self._played

    def kept(self) -> bytes:
        """Everything that a later day depends on."""
        stage = self._stage
        return pickle.dumps((self._queue, self._cases, stage.record, stage.shelves.accounts))

    def restore(self, kept: bytes) -> None:
        """Go back to where `kept` was taken."""
        # Only what this process itself has pickled.
        self._queue, self._cases, record, accounts = pickle.loads(kept)  # noqa: S301
        self._stage.record.become(record)
        self._stage.shelves.become(accounts)

    def _later(self, at: datetime, case_id: str, what: NextUp, given: Any = None) -> None:
        heappush(self._queue, (at.timestamp(), case_id, what, given))

    async def _open(self, case_id: str, matter: Matter, contact: int) -> None:
        stage, seed = self._stage, self._stage.plan.seed
        held = stage.shelves.accounts.get(matter.customer_id)
        if held is None:
            held = shopping.account(seed, matter.customer_id, matter.language, stage.clock.now())
            stage.shelves.accounts[matter.customer_id] = held
        order = shopping.order(seed, matter, held)
        if contact == 1:
            stage.shelves.put(order)
        case = PlayedCase(case_id, matter, contact, order.order_id, drawn(seed, "case", case_id))
        about = {"order": order.order_id, "amount": str(min(matter.amount, order.total))}
        text = words.request(matter.wants, matter.language, case.chance, **about)
        if contact > 1:
            text = words.worded("again", matter.language, text=text)
        self._cases[case_id] = case
        self._played.cases += 1
        await case.open(stage, words.in_mood(matter.mood, matter.language, text))
        self._after(case)

    async def _answer(self, case: PlayedCase, text: str) -> None:
        await case.say(self._stage, text)
        self._after(case)

    async def _decide(self, case: PlayedCase, _: Any) -> None:
        while case.waits_for is not None and case.here.row.status is CaseStatus.AWAITING_APPROVAL:
            self._played.reviews += 1
            before = case.here.row.version
            await case.decide(self._stage, self._decision(case))
            if case.here.row.version > before:
                break
        self._after(case)

    async def _claim(self, case: PlayedCase, _: Any) -> None:
        name = case.chance.choice(COLLEAGUES)
        case.claim(self._stage, name)
        self._later(self._stage.clock.now() + case.chance.uniform(4, 45) * MINUTE, case.case_id, NextUp.SOLVE, name)

    async def _solve(self, case: PlayedCase, name: str) -> None:
        case.solve(self._stage, name, words.worded("solved", case.matter.language))
        self._ended(case)

    async def _silence(self, case: PlayedCase, version: int) -> None:
        if case.here.row.version == version:
            case.close(self._stage)
            self._ended(case)

    def _after(self, case: PlayedCase) -> None:
        """Decide what happens next to a case whose turn has ended or waits."""
        self._played.turns += 1
        self._played.failures += case.failures
        case.failures = []
        self._harm(case)
        now, chance = self._stage.clock.now(), case.chance
        match case.here.row.status:
            case CaseStatus.RESOLVED:
                self._ended(case)
            case CaseStatus.AWAITING_CUSTOMER:
                self._asked(case)
            case CaseStatus.AWAITING_APPROVAL:
                self._later(habits.work_after(chance, now, 4, 90), case.case_id, NextUp.DECIDE)
            case CaseStatus.WITH_HUMAN:
                self._later(habits.work_after(chance, now, 10, 150), case.case_id, NextUp.CLAIM)
            case _:
                raise RuntimeError(f"{case.case_id} is {case.here.row.status} behind a turn")

    def _asked(self, case: PlayedCase) -> None:
        case.asked += 1
        place, language = case.chance.random(), case.matter.language
        said: str | None = None
        if case.here.confirmation is not None:
            said = "yes" if place < habits.SAYS_YES else "no" if place < habits.SAYS_YES + habits.SAYS_NO else None
        elif place < habits.TELLS_MORE:
            said = "more"
        now = self._stage.clock.now()
        if said is None or case.asked > ASKED_MOST:
            return self._later(now + habits.SILENCE, case.case_id, NextUp.SILENCE, case.here.row.version)
        text = words.worded(said, language, order=case.order_id)
        return self._later(now + habits.answer_after(case.chance), case.case_id, NextUp.ANSWER, text)

    def _decision(self, case: PlayedCase) -> Decision:
        """Decide as a reviewer of this house does: most wrong things are seen, few right ones are sent back."""
        approval, chance, now = case.waits_for, case.chance, self._stage.clock.now()
        if approval is None:
            raise ValueError(f"{case.case_id} waits for nobody")
        request = approval.request
        kind = DecisionKind.APPROVE
        reply, place = request.action == SEND_REPLY, chance.random()
        if reply and self._wrong(case, str(request.arguments.get("text", ""))):
            if place < habits.CATCHES:
                kind = DecisionKind.EDIT if place < habits.CATCHES / 2 else DecisionKind.REJECT
        elif place > habits.APPROVES + habits.EDITS:
            kind = DecisionKind.REJECT
        elif place > habits.APPROVES and reply:
            kind = DecisionKind.EDIT
        changed = {"text": words.worded("edited", case.matter.language)} if kind is DecisionKind.EDIT else None
        name = f"{chance.choice(COLLEAGUES)}-{len(approval.yes) + 1}"
        wanted = DecisionInput(
            decision=kind, approval_id=approval.approval_id, revision=approval.revision, arguments=changed, reviewer=name
        )
        return draft(approval, wanted, now, "simulation").model_copy(update={"roles": request.wanted_roles})

    def _wrong(self, case: PlayedCase, text: str) -> bool:
        """Tell if a person would see that the reply is wrong."""
        made = (*EMPTY_WORDS.values(), *INVENTED_WORDS.values())
        return case.matter.wants == "novel" or any(words_ in text for words_ in made)

    def _ended(self, case: PlayedCase) -> None:
        """The case has ended: the customer may come back about it, and may say how it was."""
        chance, now, settled = case.chance, self._stage.clock.now(), case.settled
        if part(self._stage.plan.seed, "rates", case.case_id) < habits.RATES:
            self._ratings.append((case.case_id, "end", habits.rating(chance, settled=settled), None, None, None, now, 0))
        back = habits.COMES_BACK_ANYWAY if settled else habits.COMES_BACK
        if case.contact < habits.CONTACTS and chance.random() < back:
            again = f"{case.matter.matter_id}-r{case.contact}"
            self._later(now + habits.back_after(chance), again, NextUp.OPEN, (case.matter, case.contact + 1))
        del self._cases[case.case_id]

    def _harm(self, case: PlayedCase) -> None:
        """Write down what a planted event did to the customer of this case."""
        row, seed = case.here.row, self._stage.plan.seed
        with_people = row.status is CaseStatus.WITH_HUMAN
        if self._stage.model.changed:
            kind = failing(seed, case.case_id)
            if row.status is CaseStatus.RESOLVED and kind is Failing.UNHELPFUL and self._wrong(case, row.reply or ""):
                self._note(PlantedKind.MODEL, case, wrong=True)
            elif kind is not Failing.NONE and (with_people or row.status is CaseStatus.AWAITING_APPROVAL):
                self._note(PlantedKind.MODEL, case, wrong=False)
        if case.case_id in self._stage.policies.wronged:
            self._stage.policies.wronged.discard(case.case_id)
            self._note(PlantedKind.POLICY, case, wrong=True)
        if case.matter.wants == "novel" and row.status in (CaseStatus.RESOLVED, CaseStatus.WITH_HUMAN):
            self._note(PlantedKind.NOVEL, case, wrong=not with_people)

    def _note(self, kind: PlantedKind, case: PlayedCase, *, wrong: bool) -> None:
        self._played.harms.add(Harm(kind, case.matter.customer_id, wrong))
