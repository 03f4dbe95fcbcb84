"""Reading mail: words, quotes, parts, attachments, ids, machines, reports; and the same mail is the same, however often."""

from __future__ import annotations

from email.message import EmailMessage, Message
from email.mime.multipart import MIMEMultipart
from email.mime.text import MIMEText

import pytest

from handrail.domain.errors import InvalidInput
from handrail.mail.reading.attached import attachment_of
from handrail.mail.reading.mail import LARGEST, read_mail
from handrail.mail.reading.parts import DEEPEST, MOST_ATTACHMENTS
from tests.support.mailing import ADDRESS, AUTHSERV, letter

QUOTES = {
    "en": "On Mon, 3 Nov 2026 at 10:00, The Shop <support@shop.example> wrote:\n> Hello Ann\n> How can we help?",
    "de": "Am Mo., 3. Nov. 2026 um 10:00 Uhr schrieb The Shop <support@shop.example>:\n> Hallo Ann",
    "fr": "Le lun. 3 nov. 2026 à 10:00, The Shop <support@shop.example> a écrit :\n> Bonjour Ann",
    "sv": "Den mån 3 nov. 2026 kl 10:00 skrev The Shop <support@shop.example>:\n> Hej Ann",
    "es": "El lun, 3 nov 2026 a las 10:00, The Shop (<support@shop.example>) escribió:\n> Hola Ann",
    "pl": "pon., 3 lis 2026 o 10:00 The Shop <support@shop.example> napisał(a):\n> Witaj Ann",
    "outlook": "-----Ursprüngliche Nachricht-----\nVon: The Shop <support@shop.example>\nGesendet: Montag, 3. November 2026\n"
    "An: Ann\nBetreff: Ihre Frage\n\nHallo Ann",
}
OWN = {
    "en": "Please send me the lamp again.",
    "de": "Bitte schicken Sie mir die Lampe noch einmal.",
    "fr": "Merci de me renvoyer la lampe.",
    "sv": "Kan ni skicka lampan en gång till?",
    "es": "Por favor, envíenme la lámpara otra vez.",
    "pl": "Proszę wysłać mi lampę jeszcze raz.",
    "outlook": "Bitte schicken Sie mir die Lampe noch einmal.",
}


@pytest.mark.parametrize("language", QUOTES)
def test_a_quote_is_cut_and_the_language_kept(language: str) -> None:
    mail = read_mail(letter("ann@example.com", f"{OWN[language]}\n\n{QUOTES[language]}"), AUTHSERV)
    assert mail.text == OWN[language]
    assert mail.whole.startswith(OWN[language])
    assert "Ann" in mail.whole


def test_few_own_words_are_words_and_a_quote_alone_is_kept() -> None:
    for few in ("Yes", "Wait"):
        assert read_mail(letter("ann@example.com", f"{few}\n\n{QUOTES['en']}"), AUTHSERV).text == few
    assert "How can we help?" in read_mail(letter("ann@example.com", QUOTES["en"]), AUTHSERV).text


def test_html_alone_is_read_as_text_and_plain_text_comes_first() -> None:
    html = "<style>p{color:red}</style><p>Where is <b>O-10016</b>?</p><script>steal()</script><img src='http://x/y.png'>"
    mail = EmailMessage()
    mail["From"], mail["Message-ID"] = "ann@example.com", "<1@example.com>"
    mail.set_content(html, subtype="html")
    assert read_mail(mail.as_bytes(), AUTHSERV).text == "Where is O-10016?"
    mail.set_content("In plain words.")
    mail.add_alternative(html, subtype="html")
    assert read_mail(mail.as_bytes(), AUTHSERV).text == "In plain words."


@pytest.mark.parametrize(
    ("html", "seen"),
    [
        ("<table><tr><td>1</td><td>75.00 USD</td></tr><tr><td>2</td><td>5 USD</td></tr></table>", "1 | 75.00 USD\n2 | 5 USD"),
        (
            "<p>See</p><div style='DISPLAY : none !important'>gone<p style='display:block'>too</p></div><p>this</p>",
            "See\n\nthis",
        ),
        (
            "<p>See<span hidden>gone</span> <b style='visibility:hidden'>gone<i style='visibility:visible'>this</i></b></p>",
            "See this",
        ),
        ("<div style='font-size:0px'>gone<br>gone<p style='font-size:12px'>See</p></div>", "See"),
        (
            "<table><tr><td><p>O-10016</p></td><td><p>7 USD</p><p>paid</p></td></tr><tr><td>2</td></tr></table>",
            "O-10016 | 7 USD\n\npaid\n\n2",
        ),
        ("<div>One</div><div>two<br></div><div><br></div><div>three &amp;\n four</div>", "One\ntwo\n\nthree & four"),
        ("<p>So:</p><blockquote><p>a</p><div>b<br>c</div></blockquote><p>d</p>", "So:\n\n> a\n>\n> b\n> c\n\nd"),
        ("<ol><li>one<li>two<ul><li>a</ul></ol><pre>x\n  y</pre>", "1. one\n2. two\n\n* a\n\nx\n  y"),
        ("<h1>Title</h1><p>1. where is <s>it</s></p><p>- <code>x</code></p>", "Title\n\n1. where is it\n\n- x"),
    ],
)
def test_html_is_what_its_reader_sees(html: str, seen: str) -> None:
    mail = EmailMessage()
    mail["From"] = "ann@example.com"
    mail.set_content(html, subtype="html")
    assert read_mail(mail.as_bytes(), AUTHSERV).whole == seen


@pytest.mark.parametrize(
    ("charset", "text", "written"),
    [
        ("iso-8859-1", "Größe", "latin-1"),
        ("iso-8859-1", "20 € „zurück“", "cp1252"),
        ("us-ascii", "20 € zurück", "utf-8"),
        ("us-ascii", "20 € zurück", "cp1252"),
        ("nonsense-9", "plain", "ascii"),
        ("shift_jis", "注文", "shift_jis"),
        ("gb2312", "鎔", "gbk"),
    ],
)
def test_character_sets(charset: str, text: str, written: str) -> None:
    head = f"From: ann@example.com\r\nContent-Type: text/plain; charset={charset}\r\nContent-Transfer-Encoding: 8bit\r\n\r\n"
    assert read_mail(head.encode() + text.encode(written), AUTHSERV).text == text


@pytest.mark.parametrize(
    "subject",
    ["20 € zurück".encode(), "20 € zurück".encode("cp1252"), b"=?iso-8859-1?Q?20_=80_zur=FCck?=", "20 €\r\n zurück".encode()],
)
def test_subjects_that_were_written_as_they_are(subject: bytes) -> None:
    mail = read_mail(b"From: J\xf6rg <ann@example.com>\r\nSubject: " + subject + b"\r\n\r\nHello", AUTHSERV)
    assert (mail.subject, mail.sender) == ("20 € zurück", "ann@example.com")


def test_attachments_are_references_by_what_their_bytes_are() -> None:
    mail = EmailMessage()
    mail["From"] = "ann@example.com"
    mail.set_content("See the picture.")
    mail.add_attachment(b"%PDF-1.4 x", maintype="image", subtype="png", filename="../../etc/pass\u202ewd.png")
    mail.add_attachment(b"MZ\x90\x00", maintype="application", subtype="pdf", filename="invoice.pdf")
    mail.add_attachment(b"<script>alert(1)</script>", maintype="image", subtype="jpeg", filename="photo.jpg")
    raw = mail.as_bytes()
    pdf, program, script = read_mail(raw, AUTHSERV).attachments
    assert (pdf.name, pdf.kind, pdf.size, pdf.refused) == ("passwd.png", "application/pdf", 10, None)
    assert (program.kind.endswith("executable"), program.refused) == (True, "is a program, and those are not given out")
    assert (script.kind, script.refused) == ("text/html", None)
    assert attachment_of(raw, pdf.position) == b"%PDF-1.4 x"
    with pytest.raises(InvalidInput, match="is a program"):
        attachment_of(raw, program.position)
    with pytest.raises(InvalidInput, match="no part 9"):
        attachment_of(raw, 9)
    for place in range(MOST_ATTACHMENTS + 5):
        mail.add_attachment(b"x", maintype="text", subtype="plain", filename=f"{place}.txt")
    many = read_mail(mail.as_bytes(), AUTHSERV)
    assert len(many.attachments) == MOST_ATTACHMENTS
    assert "More than 20 attachments" in many.odd[0]


def test_what_is_nested_too_deeply_is_left_out_with_words() -> None:
    inner: Message = MIMEText("deep inside")
    for _ in range(DEEPEST + 3):
        outer = MIMEMultipart()
        outer.attach(MIMEText("a layer"))
        outer.attach(inner)
        inner = outer
    inner["From"] = "ann@example.com"
    mail = read_mail(inner.as_bytes(), AUTHSERV)
    assert "deep inside" not in mail.whole
    assert "nested deeper" in mail.odd[0]


def test_a_mail_of_many_parts_within_parts_is_not_opened() -> None:
    layers = "".join(f"--b\r\nContent-Type: multipart/mixed; boundary=b{place}\r\n\r\n" for place in range(200))
    head = "From: ann@example.com\r\nSubject: A bomb\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n"
    mail = read_mail((head + layers).encode(), AUTHSERV)
    assert (mail.text, mail.whole) == ("A bomb", "")
    assert "none of them was opened" in mail.odd[0]
    assert read_mail(b"From: ann@example.com\r\n\r\nA beginning", AUTHSERV, LARGEST + 1).odd


def test_the_thread_is_every_id_and_never_the_subject() -> None:
    raw = letter("ann@example.com", "Hello", In_Reply_To="<b@x> (your mail)", References="<a@x>\t<b@x> <c@x")
    assert read_mail(raw, AUTHSERV).references == ["b@x", "a@x"]
    assert read_mail(letter("ann@example.com", "Hello", subject="Re: [#123]"), AUTHSERV).references == []
    encoded = b"From: ann@example.com\r\nIn-Reply-To: =?utf-8?q?=3Cshop=2E42=40?=\r\n =?utf-8?q?x=3E?=\r\n\r\nHello"
    assert read_mail(encoded, AUTHSERV).references == ["shop.42@x"]


@pytest.mark.parametrize(
    ("headers", "why"),
    [
        ({"Auto_Submitted": "auto-replied; x=y"}, "Auto-Submitted: auto-replied"),
        ({"Auto_Submitted": "no"}, ""),
        ({"Precedence": "Bulk"}, "Precedence: bulk"),
        ({"List_Id": "<news.example.com>"}, "it has the header List-Id"),
        ({"X_Auto_Response_Suppress": "All"}, "it has the header X-Auto-Response-Suppress"),
        ({"X_Auto_Reply_From": "ann@example.com"}, "it has the header X-Auto-Reply-From"),
        ({"Return_Path": "<>"}, "its return path is empty"),
        ({"Return_Path": "<ann@example.com>"}, ""),
    ],
)
def test_a_machines_mail_is_told_by_its_headers(headers: dict[str, str], why: str) -> None:
    assert read_mail(letter("ann@example.com", "Hello", passed=True, subject="Hi", **headers), AUTHSERV).automatic == why


def test_a_receipt_that_our_mail_was_read_is_no_answer() -> None:
    receipt = MIMEMultipart("report", report_type="disposition-notification")
    receipt["From"], receipt["Message-ID"], receipt["In-Reply-To"] = "ann@example.com", "<2@example.com>", "<1@shop.example>"
    receipt.attach(MIMEText("Your message was read on Monday, 30 November 2026."))
    noted = Message()
    noted["Content-Type"] = "message/disposition-notification"
    noted.set_payload("Final-Recipient: rfc822;ann@example.com\nDisposition: manual-action/MDN-sent-manually; displayed\n")
    receipt.attach(noted)
    mail = read_mail(receipt.as_bytes(), AUTHSERV)
    assert mail.automatic == "a mail program reports on a mail, as with a receipt that it was read"
    assert mail.bounced is None


@pytest.mark.parametrize(
    "sender",
    [
        *("no-reply@x.example", "noreply+1@x.example", "DoNotReply@x.example", "mailer-daemon@x.example"),
        *("bounces-17@x.example", "bounce-17-ann=example.com@x.example", "notifications@x.example"),
    ],
)
def test_nobody_reads_these_addresses(sender: str) -> None:
    assert "nobody reads" in read_mail(letter(sender, "Hello"), AUTHSERV).automatic


@pytest.mark.parametrize(
    "sender",
    [
        *("nora@x.example", "reply@x.example", "bouncer.ann@x.example", "post@x.example"),
        *("bounce.house@x.example", "postmaster.ann@x.example", "postmasters@x.example"),
    ],
)
def test_people_read_these_addresses(sender: str) -> None:
    assert read_mail(letter(sender, "Hello"), AUTHSERV).automatic == ""


def test_a_mail_names_one_sender_or_none() -> None:
    twice = letter("ann@example.com", "Hello").replace(b"From:", b"From: eve@evil.example\nFrom:", 1)
    assert read_mail(twice, AUTHSERV).sender is None
    assert read_mail(letter("ann@example.com, eve@evil.example", "Hello"), AUTHSERV).sender is None
    assert read_mail(letter('"eve@evil.example" <Ann@Example.com>', "Hello"), AUTHSERV).sender == "ann@example.com"
    assert read_mail(b"Subject: nobody\r\n\r\nHello", AUTHSERV).sender is None


def test_the_same_mail_has_the_same_key_by_whatever_way_it_comes() -> None:
    raw = letter("ann@example.com", "Hello there")
    key = read_mail(raw, AUTHSERV).key
    assert read_mail(b"Received: from elsewhere\nX-Spam: no\n" + raw, AUTHSERV).key == key
    keys = {
        read_mail(letter("ann@example.com", f"Question {place}", message_id="<same@broken.example>"), AUTHSERV).key
        for place in range(9)
    }
    assert len(keys) == 9


def test_what_cannot_be_read_has_no_text_but_its_subject() -> None:
    assert read_mail(b"From: ann@example.com\r\nSubject: =?utf-8?b?w4bDuA==?=\r\n\r\n\r\n", AUTHSERV).text == "Æø"
    assert read_mail(b"", AUTHSERV).text == ""
    assert read_mail(b"\x00\xff\xfe", AUTHSERV).sender is None
    assert read_mail(letter("ann@example.com", "Hi", to=f"Shop <{ADDRESS}>"), AUTHSERV).recipients == [ADDRESS]
