"""Telling a person that runs fail, stay out or leave rejects: by e-mail, by webhook."""

from __future__ import annotations

import smtplib
import ssl
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from email.message import EmailMessage

from fairlead.project.settings import AlertSettings

__all__ = ["Alert", "Alerts"]

#: the environment variable with the mail server's password
SMTP_PASSWORD = "FAIRLEAD_SMTP_PASSWORD"  # noqa: S105 - the name of a variable
#: an alert that stays true is told again after this time
_AGAIN_AFTER = timedelta(hours=24)
_TIMEOUT = 20.0


@dataclass(frozen=True, slots=True)
class Alert:
    """Something that a person should look at: `kind` is `failed`, `stale` or `rejects`."""

    kind: str
    project: str
    message: str
    remedy: str

    def as_json(self) -> dict[str, str]:
        """Return the alert as a JSON object."""
        return {"kind": self.kind, "project": self.project, "message": self.message, "remedy": self.remedy}


@dataclass
class Alerts:
    """Sends alerts, each once while it lasts.

    `warn` is told in words where an alert cannot be sent: that must not stop the runs.
    """

    settings: AlertSettings | None
    environment: Mapping[str, str]
    warn: Callable[[str], None]
    _sent: dict[tuple[str, str], datetime] = field(default_factory=dict)

    def tell(self, alerts: list[Alert], now: datetime) -> list[Alert]:
        """Send those that were not sent in the last day; return them. What no longer holds may come anew."""
        current = {(each.kind, each.message) for each in alerts}
        self._sent = {key: at for key, at in self._sent.items() if key in current}
        fresh = [
            each
            for each in alerts
            if now - self._sent.get((each.kind, each.message), datetime.min.replace(tzinfo=now.tzinfo))
            > _AGAIN_AFTER
        ]
        for each in fresh:
            self._sent[each.kind, each.message] = now
            self._send(each)
        return fresh

    def _send(self, alert: Alert) -> None:
        settings = self.settings
        if settings is None:
            return
        try:
            if settings.webhook_url is not None:
                import requests

                answer = requests.post(
                    settings.webhook_url, json=alert.as_json(), timeout=_TIMEOUT, allow_redirects=False
                )
                if answer.status_code >= 300:
                    self.warn(f"the alert's webhook answered {answer.status_code}")
            if settings.email_to and settings.smtp_host is not None:
                self._mail(settings, alert, settings.smtp_host)
        except (OSError, smtplib.SMTPException) as error:
            # the text of the error may hold addresses or credentials
            self.warn(f"an alert could not be sent: {type(error).__name__}")

    def _mail(self, settings: AlertSettings, alert: Alert, host: str) -> None:
        message = EmailMessage()
        message["Subject"] = f"Fairlead, {alert.project}: {alert.kind}"
        message["From"] = settings.email_from or settings.email_to[0]
        message["To"] = ", ".join(settings.email_to)
        message.set_content(f"{alert.message}\n\n{alert.remedy}\n")
        password = self.environment.get(SMTP_PASSWORD)
        with smtplib.SMTP(host, settings.smtp_port, timeout=_TIMEOUT) as server:
            server.ehlo()
            if server.has_extn("starttls"):
                server.starttls(context=ssl.create_default_context())
                server.ehlo()
            elif password:
                self.warn("the mail server offers no STARTTLS: the password is not sent")
                password = None
            if settings.smtp_user and password:
                server.login(settings.smtp_user, password)
            server.send_message(message)
