"""kill -9 at random moments of a run: afterwards every table is readable and the next run completes the work."""
import os
import random
import signal
import subprocess
import time
import unittest

from support import EXAMPLE, TARN, TarnTest

TABLES = ("users_raw", "users_bronze", "posts_translations_bronze", "votes_raw", "votes_bronze", "posts_comments_bronze")
KILLS = int(os.environ.get("TARN_CRASH_KILLS", "12"))


class Crash(TarnTest):
    def totals(self):
        return [self.count(table) for table in TABLES] + [self.value("SELECT sum(vote_weight) FROM main.patreon.votes_bronze")]

    def test_kill_and_go_on(self):
        seed = int(os.environ.get("TARN_SEED", "20240201"))
        print(f"seed {seed}: TARN_SEED={seed} repeats this run")
        dice = random.Random(seed)
        self.generate()
        start = time.monotonic()
        self.run_example()
        duration = time.monotonic() - start
        self.add_increment()
        self.run_example()
        expected = self.totals()

        self.root = self.folder / "killed"
        increments = list(self.data.glob("*-2024-*.json"))
        for file in increments:
            file.rename(file.with_suffix(".later"))
        command = [TARN, "run", str(EXAMPLE), "--var", f"source={self.data}", "--root", str(self.root)]
        for kill in range(KILLS):
            if kill == KILLS // 2:
                self.run_example()  # The first load is whole; from here on the increment is interrupted.
                for file in increments:
                    file.with_suffix(".later").rename(file)
            process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            time.sleep(dice.uniform(0, duration))
            process.send_signal(signal.SIGKILL)
            process.wait()
            tables = {row["tableName"] for row in self.rows("SHOW TABLES IN main.patreon")} if (
                self.root / "metastore.db").exists() and kill > 0 and self.has_schema() else set()
            for table in tables & set(TABLES):
                self.count(table)
        self.run_example()
        self.assertEqual(self.totals(), expected)

    def test_a_log_folder_without_a_commit_is_no_table(self):
        """What a crash just before a table's first commit leaves behind."""
        self.generate()
        (self.root / "warehouse/main/patreon/votes_bronze/_delta_log").mkdir(parents=True)
        self.run_example()
        self.assertGreater(self.count("votes_bronze"), 0)
        (self.root / "warehouse/main/default/t/_delta_log").mkdir(parents=True)
        self.call("sql", "--root", self.root, "-c", "CREATE TABLE t AS SELECT 1 AS id")
        self.assertEqual(self.value("SELECT id FROM t"), 1)

    def has_schema(self):
        return any(row["databaseName"] == "patreon" for row in self.rows("SHOW SCHEMAS"))


if __name__ == "__main__":
    unittest.main()
