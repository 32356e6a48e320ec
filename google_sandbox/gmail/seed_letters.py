"""The mail people find in the seeded mailboxes: conversations between them, and what the world sends to anyone."""

from dataclasses import dataclass

ADA = "Ada Lindqvist <ada@acme.example>"
BEN = "Ben Okafor <ben@acme.example>"
CLEO = "Cleo Marchetti <cleo@acme.example>"
DORA = "Dora Novak <dora@acme.example>"
GUS = "Gus Petrov <gus@other.example>"
HANNA = "Hanna Weiss <hanna@gmail.com>"
IVO = "Ivo Marin <ivo@googlemail.com>"
MINA = "Mina Farrow <mina@printworks.example>"
OTTO = "Otto Lang <otto.lang@lakeside-hotel.test>"

EXPENSES = "date,what,amount\n2026-09-02,Train to Lakeside,86.40\n2026-09-03,Hotel,214.00\n2026-09-04,Dinner,58.20\n"
PDF = (
    "%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n"
    "3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"
)


@dataclass(frozen=True, kw_only=True)
class Attachment:
    filename: str
    media_type: str
    text: str


@dataclass(frozen=True, kw_only=True)
class Letter:
    """One message. Those of a conversation follow each other; `hours` is how long ago it came."""

    sender: str
    to: tuple[str, ...]
    text: str
    hours: float
    cc: tuple[str, ...] = ()
    page: str = ""
    attachment: Attachment | None = None
    unread: bool = False
    label: str = ""
    place: str = "INBOX"
    category: str = "CATEGORY_PERSONAL"
    starred: bool = False


@dataclass(frozen=True)
class Conversation:
    subject: str
    letters: tuple[Letter, ...]


def _talk(subject: str, *letters: Letter) -> Conversation:
    return Conversation(subject, letters)


CONVERSATIONS = (
    _talk(
        "Offsite in October: where we stay",
        Letter(sender=CLEO, to=(ADA, BEN), cc=(DORA,), hours=610, label="Offsite",
               text="Hi both,\n\nthe Lakeside Hotel holds 14 rooms for us until Friday. Shall I confirm?\n\nCleo"),
        Letter(sender=ADA, to=(CLEO,), cc=(BEN, DORA), hours=607, text="Yes please. Single rooms for all.\n\nAda"),
        Letter(sender=BEN, to=(CLEO, ADA), hours=604, text="Fine with the budget. Ask them for one invoice.\n\nBen"),
        Letter(sender=CLEO, to=(OTTO,), cc=(ADA,), hours=601,
               text="Dear Mr. Lang,\n\nwe take the 14 single rooms, one invoice to Acme.\n\nRegards\nCleo Marchetti"),
        Letter(sender=OTTO, to=(CLEO,), cc=(ADA,), hours=580, starred=True,
               text="Dear Ms. Marchetti,\n\nconfirmed. We look forward to your team.\n\nOtto Lang"),
    ),
    _talk(
        "Q3 expenses",
        Letter(sender=BEN, to=(ADA,), hours=420, label="Expenses",
               text="Ada,\n\nmy expenses of the quarter are attached.\n\nBen",
               attachment=Attachment(filename="expenses-q3.csv", media_type="text/csv", text=EXPENSES)),
        Letter(sender=ADA, to=(BEN,), hours=417, text="Approved, thanks. The dinner was worth it.\n\nAda"),
    ),
    _talk(
        "Invoice 2041 – 請求書",
        Letter(sender=MINA, to=(BEN,), cc=(ADA,), hours=300, label="Invoices", unread=True,
               text="Dear Ben,\n\nplease find invoice 2041 for the posters attached. Payable within 30 days.\n\nMina",
               attachment=Attachment(filename="Invoice-2041.pdf", media_type="application/pdf", text=PDF)),
        Letter(sender=BEN, to=(MINA,), hours=295, text="Dear Mina,\n\nreceived, it will be paid next week.\n\nBen"),
    ),
    _talk(
        "Onboarding of Nils on Monday",
        Letter(sender=CLEO, to=(DORA, ADA), hours=220, label="Candidates",
               text="Nils starts on Monday. Could you prepare his account and a laptop?\n\nCleo"),
        Letter(sender=DORA, to=(CLEO,), cc=(ADA,), hours=218, text="Account is ready, laptop by Friday noon.\n\nDora"),
        Letter(sender=CLEO, to=(DORA,), hours=217, text="You are the best."),
    ),
    _talk(
        "Access to the shared calendar",
        Letter(sender=GUS, to=(DORA,), hours=170, text="Hello Dora,\n\nI can't see the launch calendar now.\n\nGus"),
        Letter(sender=DORA, to=(GUS,), hours=169, text="Fixed, please try again.\n\nDora"),
        Letter(sender=GUS, to=(DORA,), hours=168, unread=True, text="Works now. Thank you.\n\nGus"),
    ),
    _talk(
        "Grüße aus Zürich",
        Letter(sender=HANNA, to=(IVO,), cc=(ADA,), hours=130, starred=True,
               text="Liebe alle,\n\nder See ist schon kalt, das Café aber noch offen. Bis bald!\n\nHanna"),
        Letter(sender=IVO, to=(HANNA,), hours=128, text="Neid! Bring Schokolade mit.\n\nIvo"),
        Letter(sender=HANNA, to=(IVO,), hours=127, unread=True, text="Ist schon im Koffer."),
    ),
    _talk(
        "Nightly report flow fails",
        Letter(sender=DORA, to=(ADA, BEN), hours=96,
               text="The nightly report stopped on Sunday: the mailbox it reads changed its password.\n\nDora"),
        Letter(sender=ADA, to=(DORA,), cc=(BEN,), hours=95, text="Can we see that sooner next time?\n\nAda"),
        Letter(sender=DORA, to=(ADA,), cc=(BEN,), hours=94, text="Yes. I am setting up an alert.\n\nDora"),
        Letter(sender=BEN, to=(DORA, ADA), hours=90, unread=True, text="Report came in this morning. Thanks!\n\nBen"),
    ),
    _talk(
        "Contract draft, second round",
        Letter(sender=GUS, to=(ADA,), cc=(BEN,), hours=72, label="Contracts",
               text="Ada,\n\npoint 4 (notice period) is new, the rest as discussed.\n\nGus",
               page="<p>Ada,</p><p><b>Point 4</b> (notice period) is new, the rest as discussed.</p><p>Gus</p>"),
        Letter(sender=ADA, to=(GUS,), cc=(BEN,), hours=70, text="Three months would suit us better than six.\n\nAda"),
        Letter(sender=GUS, to=(ADA,), cc=(BEN,), hours=49, unread=True, text="Three it is. A clean copy comes.\n\nGus"),
    ),
    _talk(
        "Menú del viernes 🍲",
        Letter(sender=CLEO, to=(ADA, BEN, DORA), hours=30, unread=True,
               text="Hola!\n\nFriday's lunch is paella. Tell me by tomorrow if you want it without fish.\n\nCleo"),
        Letter(sender=DORA, to=(CLEO,), cc=(ADA, BEN), hours=29, text="Without fish for me, please.\n\nDora"),
    ),
    _talk(
        "Key for the meeting room",
        Letter(sender=BEN, to=(CLEO,), hours=8, unread=True, text="Do you still have the key of room 2?\n\nBen"),
    ),
)  # fmt: skip

NEWSLETTER = """<html><head><style>h1 {{ color: #234 }}</style></head><body>
<h1>The Paper Lantern, issue {number}</h1>
<p>Good morning {given_name}, here is what the town talks about.</p>
<ul><li>The ferry has a <b>new timetable</b></li><li>Seven recipes for leeks</li><li>A walk of two hours</li></ul>
<p><a href="https://paper-lantern.example/unsubscribe">Unsubscribe</a></p></body></html>"""


@dataclass(frozen=True, kw_only=True)
class Circular:
    """Mail that everybody gets, again and again. `{given_name}` and `{number}` are filled in."""

    sender: str
    subject: str
    text: str
    every_hours: float
    times: int
    page: str = ""
    unread_first: int = 0
    place: str = "INBOX"
    category: str = "CATEGORY_UPDATES"


CIRCULARS = (
    Circular(
        sender="The Paper Lantern <hello@paper-lantern.example>", subject="The Paper Lantern, issue {number}",
        text="", page=NEWSLETTER, every_hours=168, times=6, unread_first=2, category="CATEGORY_PROMOTIONS",
    ),
    Circular(
        sender="Parcel Post <no-reply@parcel-post.test>", subject="Your parcel {number} is on its way",
        text="Hello {given_name},\n\nparcel {number} left our hub and arrives tomorrow between 9 and 12.\n",
        every_hours=211, times=4, unread_first=1,
    ),
    Circular(
        sender="Clockwork Calendar <reminders@clockwork.example>", subject="Reminder: stand-up at 9:30",
        text="Stand-up, 9:30, room 2.\n\nNumber {number} of this series.\n", every_hours=48, times=8, unread_first=1,
    ),
    Circular(
        sender="Neighborhood List <list@oak-street.test>", subject="[oak-street] Lost cat, found cat",
        text="Dear neighbors,\n\nround {number}: the gray cat is back. Again.\n", every_hours=333, times=3,
        category="CATEGORY_FORUMS",
    ),
    Circular(
        sender="Lucky Draw <winner@lucky-draw.test>", subject="{given_name}, you have won a prize",
        text="Answer at once to claim prize {number}.\n", every_hours=150, times=2, unread_first=2, place="SPAM",
        category="",
    ),
    Circular(
        sender="Clockwork Calendar <reminders@clockwork.example>", subject="Canceled: walk-through",
        text="The walk-through number {number} was canceled.\n", every_hours=190, times=1, place="TRASH",
    ),
)  # fmt: skip
