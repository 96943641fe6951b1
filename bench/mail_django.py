"""django-mailer over its queue in SQLite, run by a Python that has it: mail_django.py FOLDER PORT MESSAGES MESSAGE.

Prints {"seconds", "cpu_s", "messages"} as JSON. The queue is filled before, untimed; `send_all` is what its command
send_mail calls. MESSAGE: a message of ours, whose subject, text and HTML it sends.
"""

from __future__ import annotations

import json
import logging
import sys
import time
from email import message_from_bytes, policy
from pathlib import Path

import django
from django.conf import settings


def main() -> None:
    folder, port, number, message = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]), Path(sys.argv[4])
    settings.configure(
        INSTALLED_APPS=["mailer"],
        DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": folder / "queue.db"}},
        EMAIL_BACKEND="mailer.backend.DbBackend",
        EMAIL_HOST="127.0.0.1",
        EMAIL_PORT=port,
        MAILER_LOCK_PATH=str(folder / "lock"),
        USE_TZ=True,
        DEFAULT_AUTO_FIELD="django.db.models.AutoField",
    )
    django.setup()
    logging.disable(logging.CRITICAL)
    from django.core.mail import EmailMultiAlternatives, get_connection
    from django.core.management import call_command
    from django.db import transaction
    from mailer.engine import send_all
    from mailer.models import Message, MessageLog

    call_command("migrate", verbosity=0)
    parsed = message_from_bytes(message.read_bytes(), policy=policy.default)
    text = parsed.get_body(("plain",)).get_content()  # type: ignore[union-attr]
    html = parsed.get_body(("html",)).get_content()  # type: ignore[union-attr]

    def mail(n: int) -> EmailMultiAlternatives:
        to = [f"user{n}@example.net"]
        whole = EmailMultiAlternatives(parsed["Subject"], text, "privacy@example.com", to)
        whole.attach_alternative(html, "text/html")
        return whole

    with transaction.atomic():
        get_connection().send_messages(map(mail, range(number)))
    start, cpu = time.perf_counter(), time.process_time()
    send_all()
    seconds, used = time.perf_counter() - start, time.process_time() - cpu
    assert not Message.objects.exists()
    print(json.dumps({"seconds": seconds, "cpu_s": used, "messages": MessageLog.objects.count()}))


if __name__ == "__main__":
    main()
