"""The notice that Gmail's mailer-daemon sends back for an address nobody has."""

from datetime import datetime
from email.message import EmailMessage
from email.utils import format_datetime

from google_sandbox.gmail.content import Content
from google_sandbox.gmail.header_block import POLICY
from google_sandbox.gmail.ids import message_id_header

DAEMON = "mailer-daemon@googlemail.com"

TEXT = """
** Address not found **

Your message wasn't delivered to {address} because the address couldn't be found, or is unable to receive mail.

The response was:

550 5.1.1 The email account that you tried to reach does not exist.
"""


def bounce(original: Content, sender: str, address: str, now: datetime) -> Content:
    """A delivery status notification about one address, in the thread of the message it is about."""
    report = EmailMessage(policy=POLICY)
    report["From"] = f"Mail Delivery Subsystem <{DAEMON}>"
    report["To"] = sender
    report["Auto-Submitted"] = "auto-replied"
    report["Subject"] = "Delivery Status Notification (Failure)"
    report["In-Reply-To"] = original.message_id
    report["References"] = original.message_id
    report["X-Failed-Recipients"] = address
    report["Message-ID"] = message_id_header().replace("@mail.gmail.com", "@mx.google.com")
    report["Date"] = format_datetime(now)
    report.set_content(TEXT.format(address=address))
    report.add_attachment(_status(original, address), subtype="plain", disposition="inline")
    report.replace_header("Content-Type", report["Content-Type"].replace("mixed", "report"))
    report.set_param("report-type", "delivery-status")
    return Content.parse(report.as_bytes())


def _status(original: Content, address: str) -> str:
    return (
        "Reporting-MTA: dns; googlemail.com\n"
        f"X-Original-Message-ID: {original.message_id}\n\n"
        f"Final-Recipient: rfc822; {address}\n"
        "Action: failed\n"
        "Status: 5.1.1\n"
        "Diagnostic-Code: smtp; 550-5.1.1 The email account that you tried to reach does not exist.\n"
    )
