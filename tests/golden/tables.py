"""Finds the golden tables: Delta's own, delta-kernel-rs's test tables, and those that published crates carry.

A source is a folder (TARN_GOLDEN_TABLES, several separated by ':'), a clone of the two repositories, or crates from
crates.io. Archives (.tar.zst, .crate) are unpacked into a working folder; nothing of it ends up in this checkout.
"""
import dataclasses
import hashlib
import json
import os
import pathlib
import re
import shutil
import subprocess
import tarfile

# The repositories and where their tables lie. Cloned sparsely when a git host can be reached.
REPOSITORIES = [
    ("delta-io/delta", "v4.4.0", "connectors/golden-tables/src/main/resources/golden"),
    ("delta-io/delta-kernel-rs", "main", "kernel/tests/data"),
    ("delta-io/delta-kernel-rs", "main", "kernel/tests/golden_data"),
]
# Published versions that still carried their test tables.
CRATES = ["delta_kernel@0.13.0", "deltalake@0.16.5"]
# Tables that the repository has put right since: Spark refuses them as they are in the crates.
STALE = ["cdf-table-with-dv", "table-with-cdf", "type-widening"]


@dataclasses.dataclass
class Table:
    name: str
    path: pathlib.Path
    expected: pathlib.Path | None = None  # A folder of Parquet files with the newest version's rows.
    versions: list[int] = dataclasses.field(default_factory=list)

    def digest(self):
        """Of the log: what a cached answer of Spark's belongs to."""
        state = hashlib.sha256(self.name.encode())
        log = self.path / "_delta_log"
        for file in sorted(log.rglob("*")) if log.is_dir() else []:
            if file.is_file() and not file.name.startswith("."):
                state.update(str(file.relative_to(log)).encode())
                state.update(file.read_bytes())
        return state.hexdigest()[:16]


def versions_of(path, most=5):
    """The versions to look at: the first and the last, and some between them. -1 stands for the newest."""
    log = path / "_delta_log"
    commits = sorted(int(f.name[:20]) for f in log.glob("*.json") if re.fullmatch(r"\d{20}\.json", f.name)) if log.is_dir() else []
    older = commits[:-1]
    if len(older) > most - 1:
        step = (len(older) - 1) / (most - 2)
        older = sorted({older[round(i * step)] for i in range(most - 1)})
    return [*older, -1]


def tables_below(folder, prefix=""):
    """Every folder with a _delta_log is a table; so is a folder without one that holds nothing but data files."""
    found = []
    for log in sorted(folder.rglob("_delta_log")):
        path = log.parent
        name = str(path.relative_to(folder))
        expected = path.parent / "expected"
        if path.name == "delta":
            name = str(path.parent.relative_to(folder))
        found.append(Table(name, path, expected if path.name == "delta" and expected.is_dir() else None))
    for path in sorted(folder.iterdir()):
        if path.is_dir() and not any(path.rglob("_delta_log")) and any(path.rglob("*.parquet")):
            found.append(Table(path.name, path))
    return found


def unpack(archive, folder):
    folder.mkdir(parents=True, exist_ok=True)
    if archive.suffix == ".zst":
        plain = subprocess.run(["zstd", "-dc", str(archive)], check=True, capture_output=True).stdout
        subprocess.run(["tar", "-xf", "-", "-C", str(folder)], input=plain, check=True, stderr=subprocess.DEVNULL)
    else:
        with tarfile.open(archive) as tar:
            tar.extractall(folder, filter="data")


def from_folder(folder, work):
    """The tables below `folder`, copied: Spark leaves nothing behind in a table, but a copy is sure of it."""
    target = work / ("tables-" + hashlib.sha256(str(folder).encode()).hexdigest()[:8])
    shutil.copytree(folder, target, symlinks=True, dirs_exist_ok=True)
    for archive in sorted(target.rglob("*.tar.zst")):
        unpack(archive, archive.parent)
        archive.unlink()
    # Hadoop's checksums: some logs were edited by hand after they were written, and Spark would see nothing else.
    for checksum in target.rglob(".*.crc"):
        checksum.unlink()
    return tables_below(target)


def clone(work):
    folders = []
    for name, tag, folder in REPOSITORIES:
        target = work / "clones" / name.replace("/", "+")
        if not target.exists():
            done = subprocess.run(["git", "clone", "--quiet", "--depth=1", "--filter=blob:none", "--sparse", "--branch", tag,
                                   f"https://github.com/{name}.git", str(target)], capture_output=True, timeout=120,
                                  env={**os.environ, "GIT_TERMINAL_PROMPT": "0"})
            if done.returncode != 0:
                return []
        done = subprocess.run(["git", "-C", str(target), "sparse-checkout", "add", folder], capture_output=True, timeout=600)
        if done.returncode == 0:
            folders.append(target / folder)
    return folders


def crates(work):
    """Through cargo, which keeps what it downloads in a folder of its own here."""
    home = work / "cargo"
    home.mkdir(parents=True, exist_ok=True)
    outside = pathlib.Path(os.environ.get("CARGO_HOME", pathlib.Path.home() / ".cargo")) / "config.toml"
    if outside.exists():
        shutil.copy(outside, home / "config.toml")
    folders = []
    for crate in CRATES:
        name, version = crate.split("@")
        subprocess.run(["cargo", "info", crate], capture_output=True, timeout=300, env={**os.environ, "CARGO_HOME": str(home)})
        for archive in home.rglob(f"{name}-{version}.crate"):
            unpack(archive, work / "crates")
            folders.append(work / "crates" / f"{name}-{version}" / "tests" / "data")
            for stale in STALE:
                for found in [*folders[-1].glob(stale), *folders[-1].glob(stale + ".tar.zst")]:
                    shutil.rmtree(found) if found.is_dir() else found.unlink()
    return folders


def collect(work):
    """All distinct tables, and a line that says where they came from. Empty when there is no source."""
    given = os.environ.get("TARN_GOLDEN_TABLES")
    if given:
        folders, origin = [pathlib.Path(part) for part in given.split(":")], given
    else:
        folders, origin = clone(work), "clones of " + " and ".join(sorted({name for name, _, _ in REPOSITORIES}))
        if not folders and shutil.which("cargo"):
            folders, origin = crates(work), "crates " + ", ".join(CRATES)
    tables = {}
    for folder in folders:
        for table in from_folder(folder, work):
            known = tables.get(table.name.lower())
            if known is None:
                table.versions = versions_of(table.path)
                tables[table.name.lower()] = table
            elif table.expected and not known.expected:
                known.expected = table.expected  # The same golden table, as the kernel keeps it.
    return sorted(tables.values(), key=lambda t: t.name.lower()), origin
