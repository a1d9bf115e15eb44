#!/usr/bin/env python3
"""Checks patreon-generate at size tiny: generator_test.py PATH_OF_BINARY. Standard library only."""
import datetime
import hashlib
import json
import pathlib
import re
import subprocess
import sys
import tempfile

NAMES = ("users", "posts", "posts_comments", "votes")
COUNTS = {"users": 500, "posts": 40, "posts_comments": 700, "votes": 3000}
# The bytes of `--size tiny --increment` with the settings' own seed, on every platform.
PINNED = "93787a999a6968a84a279f036576d922c642993db68be95ba92d48117cff4915"


def generate(binary, folder, *options):
    done = subprocess.run([binary, "--size", "tiny", "--increment", "--out", str(folder), *options],
                          check=True, capture_output=True, text=True)
    return done.stdout


def digest(folder):
    total = hashlib.sha256()
    for path in sorted(folder.rglob("*.json")):
        total.update(path.relative_to(folder).as_posix().encode() + b"\0" + path.read_bytes())
    return total.hexdigest()


def load(folder):
    """One document a line, as mongoexport --jsonArray writes them."""
    out = {}
    for name in NAMES:
        text = (folder / f"{name}.json").read_bytes().decode("utf-8")
        assert text.startswith("[{") and text.endswith("}]\n"), name
        documents = json.loads(text)
        assert len(documents) == text.count("\n"), f"{name}: one document a line"
        out[name] = {d["_id"]["$oid"]: d for d in documents}
        assert len(out[name]) == len(documents), f"{name}: an _id comes twice"
    return out


def check_documents(first):
    for name in NAMES:
        assert len(first[name]) == COUNTS[name], name
        for oid, document in first[name].items():
            assert re.fullmatch("[0-9a-f]{24}", oid), oid
            created = document["created_at"]["$date"]
            assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,3})?Z", created), created
            assert not re.search(r"\.\d*0Z", created), created
            second = datetime.datetime.fromisoformat(created[:19] + "+00:00").timestamp()
            assert int(oid[:8], 16) == second, "the first four bytes of an _id are its second"
    users, posts = first["users"], first["posts"]
    assert any("updated_at" not in u for u in users.values())
    assert any("patreon_status" not in u for u in users.values())
    assert any(u.get("patreon_status") == {} for u in users.values())
    for post in posts.values():
        english = post["translations"][0]
        assert english["language"] == "en" and isinstance(english["options"], list)
        assert all(len(t["options"]) == len(english["options"]) for t in post["translations"])
    comments = first["posts_comments"].values()
    assert all(c["post_id"]["$oid"] in posts and c["user_id"]["$oid"] in users for c in comments)
    bodies = "".join(c["body"] for c in comments)
    assert all(c in bodies for c in ('"', "\\", "\n", "<p>", "👍")) and len({c for c in bodies if c > "\u0400"}) > 100
    votes = first["votes"].values()
    assert any(v["votes"] == [] for v in votes) and any(v["post_id"]["$oid"] not in posts for v in votes)
    assert any(v["user_id"]["$oid"] not in users for v in votes)
    for vote in votes:
        indexes = [e["index"] for e in vote["votes"]]
        assert len(indexes) == len(set(indexes)) and all(e["weight"] >= 1 for e in vote["votes"])


def check_increment(first, later):
    newest = lambda d: d.get("updated_at", d["created_at"])["$date"][:19]
    for name in NAMES:
        both = first[name].keys() & later[name].keys()
        changed = [k for k in both if first[name][k] != later[name][k]]
        newer = [k for k in changed if newest(later[name][k]) > newest(first[name][k])]
        older = [k for k in changed if newest(later[name][k]) < newest(first[name][k])]
        assert len(newer) + len(older) == len(changed), f"{name}: a change without another updated_at"
        assert newer and len(changed) < len(both) / 4, name
        assert later[name].keys() - first[name].keys(), f"{name}: nothing new"
        assert older or name == "posts"
    users = later["users"].values()
    assert any("look_a_new_field" in u["_id"] for u in users)
    assert any("tier" in u.get("patreon_status", {}) for u in users)
    assert any("last_charge_at" in u.get("patreon_status", {}) for u in users)


def check_summary(summary, first):
    def figure(name):
        return float(re.search(rf"{name} +([\d.]+)", summary).group(1))
    statuses = [u.get("patreon_status", {}) for u in first["users"].values()]
    entries = [e for v in first["votes"].values() for e in v["votes"]]
    assert figure("patrons") == sum(s.get("is_patron", False) for s in statuses)
    assert figure("lifetime support") == sum(s.get("lifetime_support_cents", 0) for s in statuses) / 100
    assert figure("campaign support") == sum(s.get("campaign_lifetime_support_cents", 0) for s in statuses) / 100
    assert figure("votes cast") == len(entries) and figure("weight of votes") == sum(e["weight"] for e in entries)
    assert figure("total body length") == sum(len(c["body"]) for c in first["posts_comments"].values())
    assert figure("multiple_votes") == sum(p.get("multiple_votes", False) for p in first["posts"].values())


def main():
    binary = sys.argv[1]
    with tempfile.TemporaryDirectory() as name:
        root = pathlib.Path(name)
        summary = generate(binary, root / "a", "--threads", "1")
        generate(binary, root / "b", "--threads", "4")
        generate(binary, root / "c", "--seed", "7")
        assert digest(root / "a") == digest(root / "b"), "threads must not change the bytes"
        assert digest(root / "a") != digest(root / "c"), "another seed, another community"
        assert digest(root / "a") == PINNED, f"the bytes changed: {digest(root / 'a')} (if on purpose, pin them here)"
        first, later = load(root / "a"), load(root / "a" / "increment")
        check_documents(first)
        check_increment(first, later)
        check_summary(summary, first)
        assert not list(root.rglob("*.part"))
        bad = subprocess.run([binary, "--size", "huge", "--out", str(root / "d")], capture_output=True, text=True)
        assert bad.returncode == 1 and "x100" in bad.stderr, bad.stderr
    print("patreon-generate: all checks hold")


if __name__ == "__main__":
    main()
