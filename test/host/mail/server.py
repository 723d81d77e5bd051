"""server.py NAME LOGIN: an SMTP server that takes mail by TLS and with a login alone, and prints each, a line of JSON.
server.py NAME - ADDRESS: one of the internet's at port 25, for everybody, and a DNS by which it is found at this address as
the server of each domain. It has an address of IPv6, too, at which nobody is, and is the one that is to be asked second.

PASSWORD, of the environment, opens it. RECORD, a file, has the TXT record that proves signatures; a recipient called nobody is refused."""
import json
import os
import ssl
import socket
import subprocess
import sys
import threading
import time

import dkim
import dns.message
import dns.rcode
import dns.rrset
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult

NAME, LOGIN = (word.encode() for word in sys.argv[1:3])
ADDRESS = sys.argv[3] if len(sys.argv) > 3 else None
PASSWORD = os.environb.get(b"PASSWORD")
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
    try:
        with open(RECORD, "rb") as record:
            text = record.read()
    except FileNotFoundError:
        return False
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


def records(name, kind):
    """What the DNS has: each domain's servers, the first of which is no more, and their addresses; some have one of IPv6 alone."""
    server = NAME.decode() + "."
    if kind == "MX":
        return [f"10 six.{server}"] if name.startswith("six.") else [f"5 gone.{server}", f"10 {server}"]
    if name == server:
        return {"A": [ADDRESS], "AAAA": ["2001:db8::25"]}.get(kind, [])
    if name == f"six.{server}":
        return {"AAAA": ["2001:db8::25"]}.get(kind, [])
    return None


def answer_names():
    door = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    door.bind(("0.0.0.0", 53))
    while True:
        text, asker = door.recvfrom(4096)
        query = dns.message.from_wire(text)
        question = query.question[0]
        answer = dns.message.make_response(query, recursion_available=True)
        found = records(question.name.to_text().lower(), question.rdtype.name)
        if found is None:
            answer.set_rcode(dns.rcode.NXDOMAIN)
        elif found:
            answer.answer.append(dns.rrset.from_text(question.name, 60, "IN", question.rdtype, *found))
        door.sendto(answer.to_wire(), asker)


if ADDRESS:
    threading.Thread(target=answer_names, daemon=True).start()
controller = Controller(
    Handler(),
    hostname="0.0.0.0",
    # Otherwise it would ask a DNS for it first.
    server_hostname=NAME.decode(),
    ready_timeout=60,
    port=25 if ADDRESS else 587,
    tls_context=certificate(),
    require_starttls=not ADDRESS,
    auth_required=not ADDRESS,
    authenticator=None if ADDRESS else authenticate,
)
controller.start()
while True:
    time.sleep(100)
