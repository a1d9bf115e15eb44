#!/usr/bin/env python3
"""The example's dashboards: how fast they open and change in Chromium, and how fast they are built, beside Evidence's build of comparable pages.

    .peers/venv/bin/python bench/dashboards.py [--size community] [--build build] [--root LAKEHOUSE] [--runs 5] [--no-evidence]

Tables for bench/README.md. Cold is a server just started, which ran no query, and a browser context without any cache; warm is a reload; a change
counts from the moment its value is taken until all is drawn, and always asks for values that the server has not seen. All are medians. `answer` is when the
server's page, queries' results included, has come; `work` is the processor time of the page's main thread. The numbers of users, votes and USD on the pages, Tarn's and Evidence's, must be those of SQL.
Evidence (bench/evidence) is installed by `scripts/setup-peers.sh --evidence`; without it its rows are left out, with a word about it.
"""
import argparse
import json
import os
import pathlib
import shutil
import statistics
import subprocess
import sys

from example import generated, measured
from measure import ROOT, work_folder

EVIDENCE = ROOT / ".peers" / "evidence"
PATIENCE = 900  # seconds for a step of Evidence
PROJECT = ROOT / "examples" / "patreon"
TOTALS = """SELECT (SELECT count(*) FROM users_bronze) AS users, (SELECT round(sum(patreon_status_lifetime_support_cents) / 100) FROM users_bronze) AS usd,
    (SELECT count(*) FROM flat_post_votes_join_silver) AS votes, (SELECT count(*) FROM flat_post_comments_join_silver) AS comments"""
# What Evidence's sources read: the same rows as Tarn's queries, with the columns they need.
TABLES = {
    "users": """SELECT id_oid AS id, coalesce(country, 'unknown') AS country, patreon_status_is_patron AS patron, patreon_status_is_follower AS follower,
        patreon_status_is_free_trial AS free_trial, patreon_status_lifetime_support_cents AS lifetime_cents,
        patreon_status_campaign_lifetime_support_cents AS campaign_cents, date(created_at_date) AS since FROM users_bronze""",
    "posts": "SELECT id_oid AS id, type, date(created_at_date) AS day FROM posts_bronze",
    "comments": """SELECT date(created_at_date) AS day, coalesce(country, 'unknown') AS country, coalesce(patreon_status_is_patron, false) AS patron
        FROM flat_post_comments_join_silver""",
    "votes": """SELECT date(created_at_date) AS day, coalesce(country, 'unknown') AS country, coalesce(patreon_status_is_patron, false) AS patron, vote_index,
        vote_weight AS weight, user_id_oid AS user_id, post_id_oid AS post_id, translations_title AS title, `option` AS choice FROM flat_post_votes_join_silver""",
}
PAGES = {"users": ("users", "usd"), "posts_and_comments": ("comments",), "votes": ("votes",), "top_countries": ("users", "usd")}


def sql(binary, root, text, form="jsonl"):
    return [binary, "sql", "--root", root, "--format", form, "-c", f"USE main.patreon; {text}"]


def shown(total, value):
    return f"${round(value):,}" if total == "usd" else f"{round(value):,}"


def middle(command, runs):
    """Medians of seconds and processor seconds, the largest memory."""
    found = [measured(command) for _ in range(runs)]
    return {key: statistics.median(f[key] for f in found) for key in ("seconds", "cpu_seconds")} | {"peak_mb": max(f["peak_mb"] for f in found)}


def browser(**options):
    done = subprocess.run(["node", ROOT / "bench" / "dashboards.mjs", json.dumps(options, default=str)], stdout=subprocess.PIPE, text=True, check=True, cwd=ROOT)
    return json.loads(done.stdout)


def lakehouse(build, size, work):
    root = work / "root"
    subprocess.run([build / "tarn", "run", PROJECT, "--var", f"source={generated(build, size)}", "--root", root], check=True, stdout=subprocess.DEVNULL)
    return root


def front_end_tools():
    if not (ROOT / "web" / "node_modules" / "playwright-core").exists():
        subprocess.run(["npm", "ci", "--no-audit", "--no-fund", "--loglevel=error"], check=True, cwd=ROOT / "web")


def print_pages(title, pages):
    print(f"\n| {title} | cold ms | answer ms | work ms | warm ms | answer ms | work ms |\n|---|---:|---:|---:|---:|---:|---:|")
    for name, page in pages.items():
        print(f"| {name} | " + " | ".join(f"{page[key]:.0f}" for key in ("cold", "coldAnswer", "coldWork", "warm", "warmAnswer", "warmWork")) + " |")


def evidence_project(binary, root):
    """Pages and sources into the installed project, with a DuckDB database of the lakehouse's rows."""
    import duckdb
    for part in ("pages", "sources", "build", ".evidence"):
        shutil.rmtree(EVIDENCE / part, ignore_errors=True)
    shutil.copytree(ROOT / "bench" / "evidence", EVIDENCE, dirs_exist_ok=True)
    folder = EVIDENCE / "sources" / "community"
    connection = duckdb.connect(str(folder / "community.duckdb"))
    for name, text in TABLES.items():
        rows = folder / f"{name}.csv"
        with open(rows, "w") as output:
            subprocess.run(sql(binary, root, text, "csv"), check=True, stdout=output, cwd=ROOT)
        connection.execute(f"CREATE TABLE {name} AS SELECT * FROM read_csv('{rows}', header = true, sample_size = -1)")
        rows.unlink()
    connection.close()


def evidence(binary, root, totals, runs):
    """Seconds of its two steps, and of its pages in the browser; None when it is not installed or does not build."""
    if not (EVIDENCE / "installed").exists():
        print("\nEvidence is not installed (scripts/setup-peers.sh --evidence), so Tarn's figures stand alone")
        return None
    evidence_project(binary, root)
    os.environ["SEND_ANONYMOUS_USAGE_STATS"] = "no"
    os.environ["NODE_OPTIONS"] = "--max-old-space-size=4096"
    try:
        steps = {step: middle(["timeout", PATIENCE, "env", "-C", EVIDENCE, "npx", "--no-install", "evidence", step], min(runs, 3)) for step in ("sources", "build")}
    except SystemExit as error:
        print(f"\nEvidence is installed and does not build, so Tarn's figures stand alone: {error}")
        return None
    texts = {name: [shown(total, totals[total]) for total in wanted] for name, wanted in PAGES.items()}
    for name, wanted in texts.items():
        page = (EVIDENCE / "build" / name / "index.html").read_text()
        missing = [text for text in wanted if text not in page]
        if missing:
            raise SystemExit(f"Evidence's page {name} does not show {', '.join(missing)}, which SQL counts")
    pages = {name: {"path": f"/{name}/", "text": wanted[0], "charts": 1} for name, wanted in texts.items()}
    return steps, browser(site=EVIDENCE / "build", pages=pages, runs=runs)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--size", default="community")
    parser.add_argument("--build", type=pathlib.Path, default=ROOT / "build")
    parser.add_argument("--root", type=pathlib.Path, help="a lakehouse of the example that is there already")
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--no-evidence", action="store_true")
    options = parser.parse_args()
    build, work = options.build.resolve(), work_folder("dashboards")
    binary, names = build / "tarn", sorted(path.stem for path in (PROJECT / "dashboards").glob("*.md"))
    front_end_tools()
    try:
        root = options.root.resolve() if options.root else lakehouse(build, options.size, work)
        totals = json.loads(measured(sql(binary, root, TOTALS))["output"])
        pages = browser(tarn=binary, root=root, project=PROJECT, names=names, runs=options.runs)
        for total in ("users", "usd"):
            if not any(value.endswith(shown(total, totals[total])) for value in pages["users"]["values"]):
                raise SystemExit(f"the page users does not show {shown(total, totals[total])}: {pages['users']['values']}")
        built = middle([binary, "dashboard", "build", PROJECT, "--root", root, "--output", work / "built"], options.runs)
        theirs = None if options.no_evidence else evidence(binary, root, totals, options.runs)
    finally:
        shutil.rmtree(work)
    print_pages("Tarn, live", pages)
    print("\n| change | ms | work ms |\n|---|---:|---:|")
    for name, page in pages.items():
        for change in page["changes"]:
            print(f"| {name}: {change['parameter']} | {change['ms']:.0f} | {change['work']:.0f} |")
    if theirs:
        print_pages("Evidence, built", theirs[1])
    print("\n| build | s | CPU s | peak MB |\n|---|---:|---:|---:|")
    rows = {f"`tarn dashboard build`, all {len(names)}": built}
    if theirs:
        rows |= {f"`evidence {step}`": figures for step, figures in theirs[0].items()}
    for name, figures in rows.items():
        print(f"| {name} | {figures['seconds']:.2f} | {figures['cpu_seconds']:.2f} | {figures['peak_mb']} |")
    print(f"\n{totals['users']:,} users, {shown('usd', totals['usd'])} and {totals['votes']:,} votes: as SQL counts them")


if __name__ == "__main__":
    main()
