"""server.py NAME LOGIN: an SMTP server that takes mail by TLS and with a login alone, and prints each, a line of JSON.

PASSWORD, of the environment, opens it. RECORD, a file, has the TXT record that proves signatures; a recipient called nobody is refused."""
import json
import os
import ssl
import subprocess
import sys
import time

import dkim
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult

NAME, LOGIN = (word.encode() for word in sys.argv[1:3])
PASSWORD = os.environb[b"PASSWORD"]
RECORD = "/tmp/record"


def certificate():
    if not os.path.exists("/tmp/server.key"):
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2"]
            + ["-keyout", "/tmp/server.key", "-out", "/tmp/server.pem", "-subj", f"/CN={NAME.decode()}"]
            + ["-addext", f"subjectAltName=DNS:{NAME.decode()}"],
            check=True,
            capture_output=True,
        )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain("/tmp/server.pem", "/tmp/server.key")
    return context


def authenticate(server, session, envelope, mechanism, data):
    return AuthResult(success=(data.login, data.password) == (LOGIN, PASSWORD), handled=False)


def is_signed(message):
    with open(RECORD, "rb") as record:
        text = record.read()
    return dkim.verify(message, dnsfunc=lambda name, timeout=5: text)


class Handler:
    async def handle_RCPT(self, server, session, envelope, address, options):
        if address.startswith("nobody@"):
            return "550 5.1.1 there is nobody"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        found = {
            "sender": envelope.mail_from,
            "recipients": envelope.rcpt_tos,
            "text": envelope.content.decode(),
            "encrypted": session.ssl is not None,
            "signed": is_signed(envelope.content),
        }
        print(json.dumps(found), flush=True)
        return "250 2.0.0 it is here"


controller = Controller(
    Handler(),
    hostname="0.0.0.0",
    port=587,
    tls_context=certificate(),
    require_starttls=True,
    auth_required=True,
    authenticator=authenticate,
)
controller.start()
while True:
    time.sleep(100)
