"""Mail to people: sent where a mail server is set, told to the caller where it is not."""

import logging
import smtplib
import ssl
from email.message import EmailMessage
from urllib.parse import unquote, urlsplit

from surveyapp.config import Config

log = logging.getLogger(__name__)
PATIENCE = 20  # seconds


def send_mail(config: Config, to: str, subject: str, text: str) -> bool:
    """Send a plain text; False when no mail server is set, or it did not take the mail (which the log tells).

    Called after the transaction: a mail cannot be taken back.
    """
    if not config.smtp_url or not to:
        return False
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = config.mail_from, to, subject
    message.set_content(text)
    server = urlsplit(config.smtp_url)
    try:
        with _connect(server.scheme, server.hostname or "", server.port) as smtp:
            if server.username:
                smtp.login(unquote(server.username), unquote(server.password or ""))
            smtp.send_message(message)
    except (OSError, smtplib.SMTPException):
        log.exception("The mail server did not take a mail")
        return False
    return True


def _connect(scheme: str, host: str, port: int | None) -> smtplib.SMTP:
    if scheme == "smtps":
        return smtplib.SMTP_SSL(host, port or 465, timeout=PATIENCE, context=ssl.create_default_context())
    smtp = smtplib.SMTP(host, port or 587, timeout=PATIENCE)
    if scheme == "smtp+starttls":
        smtp.starttls(context=ssl.create_default_context())
    return smtp
