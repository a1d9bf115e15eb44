"""The stand-in model server of the AI tests speaks the real protocol: OpenAI's own client says so. Then Tarn asks the same server."""
import importlib.util
import json
import sys

from harness import CHECKOUT, Tarn

sys.path.insert(0, str(CHECKOUT / "tests" / "support"))
from model_server import ModelServer, Trouble, embedding  # noqa: E402

KEY = "sk-interop-4711"
SCHEMA = {"type": "object", "properties": {"summary": {"type": "string"}}, "required": ["summary"], "additionalProperties": False}


class ModelProtocol:
    @classmethod
    def skip(cls):
        return None if importlib.util.find_spec("openai") else "the client `openai` is missing (scripts/setup-peers.sh)"

    def __init__(self, home):
        import openai
        self.openai = openai
        self.home = home
        self.server = ModelServer(KEY).__enter__()
        self.client = openai.OpenAI(api_key=KEY, base_url=self.server.url, max_retries=0)

    def say(self, client=None, **more):
        return (client or self.client).chat.completions.create(model="stand-in", messages=[{"role": "user", "content": "one two three"}], **more)

    def case_the_official_client_reads_chat_answers(self):
        answer = self.say(max_tokens=50, temperature=0)
        assert answer.choices[0].message.content == "You said: one two three", answer
        assert answer.choices[0].finish_reason == "stop" and answer.usage.total_tokens == answer.usage.prompt_tokens + answer.usage.completion_tokens
        shaped = self.say(response_format={"type": "json_schema", "json_schema": {"name": "answer", "strict": True, "schema": SCHEMA}})
        assert json.loads(shaped.choices[0].message.content) == {"summary": "one two three"}, shaped
        assert self.say(max_tokens=2).choices[0].finish_reason == "length"

    def case_the_official_client_reads_embeddings(self):
        answer = self.client.embeddings.create(model="stand-in-embedding", input=["abc", "xyz"], encoding_format="float")
        assert [item.embedding for item in answer.data] == [embedding("abc"), embedding("xyz")]

    def case_the_official_client_knows_the_errors(self):
        wrong = self.openai.OpenAI(api_key="sk-wrong", base_url=self.server.url, max_retries=0)
        for trouble, client, error in ((None, wrong, self.openai.AuthenticationError), (Trouble(status=429, code="rate_limit_exceeded"), None, self.openai.RateLimitError),
                                       (Trouble(status=503), None, self.openai.InternalServerError), (Trouble(drop=True), None, self.openai.APIConnectionError)):
            self.server.trouble = [trouble] if trouble else []
            try:
                self.say(client)
            except error:
                continue
            raise AssertionError(f"{error.__name__} was not raised")
        try:
            self.say(extra_body={"nonsense": 1})
        except self.openai.BadRequestError as refused:
            assert "nonsense" in str(refused)
        else:
            raise AssertionError("an unknown field was taken")

    def case_the_official_client_keeps_the_same_pause_as_tarn(self):
        self.server.reset()
        self.server.trouble = [Trouble(status=429, headers={"Retry-After": "1"})]
        self.say(self.client.with_options(max_retries=1))
        first, second = self.server.calls
        assert 0.9 < second.at - first.at < 3, second.at - first.at

    def case_tarn_gets_what_the_official_client_gets(self):
        root = self.home / "root"
        root.mkdir(parents=True, exist_ok=True)
        tarn = Tarn(root)
        tarn.command("secret", "create-scope", "s", "--root", root)
        tarn.command("secret", "put", "s", "k", "--string-value", KEY, "--root", root)
        (root / "tarn.yml").write_text(f"ai: {{endpoints: {{default: {{base_url: '{self.server.url}', model: stand-in, api_key: s/k}}}}, prices: {{stand-in: {{input: 1, output: 1}}}}}}\n")
        rows = tarn.sql("SELECT ai_gen('one two three') AS said, ai_summarize('one two three') AS summary")
        assert rows == [{"said": self.say().choices[0].message.content, "summary": "one two three"}], rows


GROUPS = [ModelProtocol]
