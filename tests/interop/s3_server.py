"""A real S3 server (versitygw) on this machine's loopback, and a proxy before it that misbehaves as told."""
import atexit
import http.client
import http.server
import os
import pathlib
import socket
import subprocess
import threading
import time

from harness import CHECKOUT

SERVER = CHECKOUT / ".peers" / "bin" / "versitygw"
KEY, SECRET = "tarn-test", "tarn-test-secret-of-some-length"


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_for(port, process):
    for _ in range(200):
        if process.poll() is not None:
            raise RuntimeError(f"versitygw ended: {process.returncode}")
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise RuntimeError("versitygw does not answer")


class Gateway:
    """Its buckets are folders below `data`, its objects plain files in them, so that others can read a table there too.

    With `tls` it speaks https only, with a certificate that nobody knows but `certificate`."""

    def __init__(self, folder, tls=False):
        self.scheme, options = "http", []
        if tls:
            self.scheme, self.certificate, key = "https", pathlib.Path(folder) / "server.pem", pathlib.Path(folder) / "server.key"
            subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=tarn-test", "-addext",
                            "subjectAltName=IP:127.0.0.1", "-keyout", str(key), "-out", str(self.certificate)], check=True, capture_output=True)
            options = ["--cert", str(self.certificate), "--key", str(key)]
        self.data = pathlib.Path(folder) / "data"
        self.data.mkdir(parents=True)
        self.port = free_port()
        self.process = subprocess.Popen(
            [str(SERVER), "--port", f"127.0.0.1:{self.port}", "--keep-alive", "--quiet", *options, "posix", str(self.data)],
            env={**os.environ, "ROOT_ACCESS_KEY": KEY, "ROOT_SECRET_KEY": SECRET}, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        atexit.register(self.stop)
        wait_for(self.port, self.process)

    def stop(self):
        self.process.terminate()
        self.process.wait(10)

    def bucket(self, name):
        (self.data / name).mkdir()
        return self.data / name

    def environment(self, port=None):
        return {"AWS_ENDPOINT_URL": f"{self.scheme}://127.0.0.1:{port or self.port}", "AWS_ACCESS_KEY_ID": KEY, "AWS_SECRET_ACCESS_KEY": SECRET,
                "AWS_REGION": "us-east-1", "AWS_EC2_METADATA_DISABLED": "true", "AWS_CONFIG_FILE": "/dev/null",
                "AWS_SHARED_CREDENTIALS_FILE": "/dev/null"}

    def delta_rs_options(self):
        return {"aws_endpoint": f"http://127.0.0.1:{self.port}", "aws_access_key_id": KEY, "aws_secret_access_key": SECRET,
                "aws_region": "us-east-1", "aws_allow_http": "true", "aws_conditional_put": "etag"}


class FaultProxy:
    """Passes requests on. `plan(number, method, path)` says what goes wrong with one: None, or

    "500", "503"    that answer, without asking the server        "before"  the connection breaks before the server is asked
    "after"         the server acts, its answer is lost           "torn"    half of the answer's body, then the connection breaks
    "slow"          no answer for as long as `slow_s`             "halt"    `halted` is set, and no answer ever
    """

    def __init__(self, gateway, slow_s=2.5):
        self.plan = lambda number, method, path: None
        self.slow_s = slow_s
        self.lock = threading.Lock()
        self.requests = []
        self.halted = threading.Event()
        proxy = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True

            def log_message(self, *_):
                pass

            def handle_any(self):
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                with proxy.lock:
                    proxy.requests.append((self.command, self.path))
                    fault = proxy.plan(len(proxy.requests), self.command, self.path)
                if fault in ("500", "503"):
                    code = "InternalError" if fault == "500" else "SlowDown"
                    return self.answer(int(fault), [("Content-Type", "application/xml"), ("Retry-After", "0")],
                                       f"<Error><Code>{code}</Code><Message>as planned</Message></Error>".encode())
                if fault == "before":
                    return self.break_off()
                if fault == "halt":
                    proxy.halted.set()
                    time.sleep(30)
                    return self.break_off()
                if fault == "slow":
                    time.sleep(proxy.slow_s)
                    return self.break_off()
                status, headers, content = self.forward(body)
                if fault == "after":
                    return self.break_off()
                self.answer(status, headers, content, torn=fault == "torn")

            do_GET = do_PUT = do_POST = do_DELETE = do_HEAD = handle_any

            def forward(self, body):
                server = http.client.HTTPConnection("127.0.0.1", gateway.port, timeout=60)
                server.putrequest(self.command, self.path, skip_host=True, skip_accept_encoding=True)
                for name, value in self.headers.items():  # The Host too: it is signed.
                    if name.lower() not in ("connection", "expect"):
                        server.putheader(name, value)
                server.endheaders(body)
                answer = server.getresponse()
                content = answer.read()
                headers = answer.getheaders()
                server.close()
                return answer.status, headers, content

            def answer(self, status, headers, content, torn=False):
                self.send_response_only(status)
                length = str(len(content))
                for name, value in headers:
                    if name.lower() == "content-length":
                        length = value  # Of a HEAD: not that of the body.
                    elif name.lower() not in ("connection", "transfer-encoding", "keep-alive"):
                        self.send_header(name, value)
                self.send_header("Content-Length", length)
                self.end_headers()
                self.wfile.write(content[:len(content) // 2] if torn else content)
                if torn:
                    self.break_off()

            def break_off(self):
                self.close_connection = True
                self.connection.shutdown(socket.SHUT_RDWR)

            def handle(self):
                try:
                    super().handle()
                except OSError:
                    pass

            def finish(self):
                try:
                    super().finish()
                except OSError:
                    pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.port = self.server.server_port
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def begin(self, plan):
        with self.lock:
            self.plan = plan
            self.requests.clear()
            self.halted.clear()
