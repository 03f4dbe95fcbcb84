"""The intake of mail: what becomes of one is decided once and kept, then told; the same mail again changes nothing."""

from __future__ import annotations

import logging
from dataclasses import dataclass

from handrail.domain.base import digest
from handrail.domain.channels import Arrival
from handrail.domain.mail import CHANNEL, UNIDENTIFIED, MailDisposition, MailVerdict, ReceivedMail
from handrail.mail.reading.headers import answerable
from handrail.mail.reading.subjects import opening_of
from handrail.mail.tokens import ReplyTokens, case_id_of
from handrail.ports.front.channels import Channels
from handrail.ports.front.mail import MailCases, MailCustomers, MailRecord

_log = logging.getLogger("handrail.mail")
NOBODY = "Nobody vouches for the sender, so nothing was looked up."
STRANGER = "Nobody has an account under this address, so nothing was looked up."
UNANSWERABLE = "No mail can be sent to the address that it comes from, so a person has to find another way."
FORGED = "It names case {case} of somebody else: it went to people, and not to that case."
UNDELIVERED = "A mail to the customer did not arrive."


@dataclass(frozen=True, slots=True)
class MailIntake:
    """The intake of one mailbox; `own` are all addresses of the house, small."""

    record: MailRecord
    channels: Channels
    cases: MailCases
    customers: MailCustomers
    tokens: ReplyTokens
    own: frozenset[str]

    async def take(self, mail: ReceivedMail, raw: bytes, size: int) -> MailVerdict:
        """Decide, keep, tell, settle; what was interrupted is gone on with where the same mail is taken again.

        Raises:
            Unreachable: the case could not hear of it; take it again.
        """
        known = await self.record.known(mail.key)
        if known and known[1]:
            return known[0]
        verdict = known[0] if known else await self.decide(mail)
        if not known:
            await self.record.keep(mail, raw, size, verdict)
        verdict = await self._tell(mail, verdict)
        await self.record.settle(mail.key)
        return verdict

    async def decide(self, mail: ReceivedMail) -> MailVerdict:
        """Return what is to become of the mail; nothing is written."""
        case_id = self.tokens.case_of(mail.recipients) or await self.record.case_of(mail.references)
        if _unmarked(mail.sender or "") in self.own or (mail.message_id and await self.record.sent_by_us(mail.message_id)):
            return MailVerdict(disposition=MailDisposition.OWN, words="It is a mail of our own.")
        if mail.bounced:
            return await self._bounce(mail)
        if mail.automatic:
            words = f"A machine wrote it: {mail.automatic}."
            return MailVerdict(disposition=MailDisposition.AUTOMATIC, case_id=case_id, words=words)
        if mail.sender is None or not mail.text:
            words = "It names no sender, or several." if mail.sender is None else "Nothing in it can be read."
            return MailVerdict(disposition=MailDisposition.UNREADABLE, words=words)
        return await self._from_a_customer(mail, mail.sender, case_id)

    async def _from_a_customer(self, mail: ReceivedMail, sender: str, case_id: str | None) -> MailVerdict:
        reachable = answerable(sender)
        found = await self.customers.of_address(sender) if mail.vouched and reachable else None
        writer = found or unidentified(sender)
        message_id = f"mail-{mail.key}"
        whose = await self.record.customer_of(case_id) if case_id else None
        # Whose mailbox says nothing is whoever they say they are, and gets no other id's case by that.
        if case_id and whose and (whose == writer or (mail.vouched and reachable and await self.record.same(whose, writer))):
            disposition = MailDisposition.CONTINUED
            return MailVerdict(disposition=disposition, case_id=case_id, message_id=message_id, customer_id=writer)
        fresh = case_id_of(mail.key)
        if case_id and whose is not None:
            words, writer = FORGED.format(case=case_id), unidentified(sender)
        elif found is None:
            words = UNANSWERABLE if not reachable else STRANGER if mail.vouched else NOBODY
        else:
            return MailVerdict(disposition=MailDisposition.OPENED, case_id=fresh, message_id=message_id, customer_id=writer)
        return MailVerdict(
            disposition=MailDisposition.PEOPLE, case_id=fresh, message_id=message_id, customer_id=writer, words=words
        )

    async def _bounce(self, mail: ReceivedMail) -> MailVerdict:
        told = mail.bounced
        named = told.message_id if told else None
        case_id = await self.record.case_of([named]) if named and await self.record.sent_by_us(named) else None
        words = f"{UNDELIVERED} {told.words}" if told and case_id else "It reports of a mail that did not leave here."
        return MailVerdict(disposition=MailDisposition.BOUNCE, case_id=case_id, words=words)

    async def _tell(self, mail: ReceivedMail, verdict: MailVerdict) -> MailVerdict:
        """Tell the case; where the case is over by now, open one of the mail's own. Return what was done."""
        if verdict.disposition is MailDisposition.BOUNCE and verdict.case_id and mail.bounced:
            await self.record.bounced(mail.bounced.message_id or "", verdict.words)
            if mail.bounced.permanent:
                await self.cases.ask_for_person(verdict.case_id, verdict.words)
        if not verdict.case_id or not verdict.message_id or not verdict.customer_id:
            return verdict
        address = mail.sender
        arrival = Arrival(case_id=verdict.case_id, message_id=verdict.message_id, channel=CHANNEL, address=address)
        await self.channels.arrived(arrival)
        if verdict.disposition is not MailDisposition.CONTINUED:
            await self.cases.open(verdict.case_id, verdict.customer_id, verdict.message_id, opening_of(mail))
            return verdict
        if await self.cases.tell(verdict.case_id, verdict.message_id, mail.text):
            return verdict
        again = verdict.model_copy(
            update={
                "disposition": MailDisposition.OPENED,
                "case_id": case_id_of(mail.key),
                "words": f"It answers case {verdict.case_id}, which is closed.",
            }
        )
        await self.record.decide_again(mail.key, again)
        return await self._tell(mail, again)


def _unmarked(address: str) -> str:
    """The address without what stands behind its plus: a reply to our own signed address comes from us, too."""
    local, _, domain = address.partition("@")
    return f"{local.partition('+')[0]}@{domain}"


def unidentified(address: str) -> str:
    """Return the id of somebody of whom nothing is known but an address: the same for the same one, and no customer's."""
    return f"{UNIDENTIFIED}{digest(address.lower())[:24]}"
