// Every statement kind, with a fault at its n-th call to the disk for every n: afterwards the table is at the old or the
// new version, a fresh process reads it, and the next write works.
//   tarn_fault_test [--all] [--only NAME] [--jobs N]
//
// Calls are those of the object store and of DuckDB's files (storage/faults.h). The process is killed before each call, and
// in the middle of each write; and each call fails, tears, loses its answer, or is late. --all tries every kind at every
// call; without it the kinds that leave the process alive take turns.
#include <sys/wait.h>
#include <unistd.h>

#include <cstring>
#include <set>
#include <vector>

#include "storage/faults.h"
#include "support.h"

namespace tarn::testing {
namespace {

using storage::CallInfo;
using storage::DiskFaults;
using storage::FaultKind;
namespace fs = std::filesystem;

struct Operation {
    std::string name;
    std::string statement;
    std::string table = "t";
    std::string next;  // Must work afterwards, whatever happened.
};

const std::vector<Operation> kOperations = {
    {"create", "CREATE TABLE n (id BIGINT, v BIGINT, p STRING)", "n", "CREATE TABLE IF NOT EXISTS n (id BIGINT, v BIGINT, p STRING)"},
    {"ctas", "CREATE TABLE n AS SELECT id, v, p FROM t", "n", "CREATE OR REPLACE TABLE n AS SELECT id, v, p FROM t"},
    {"insert", "INSERT INTO t VALUES (100, 1, 'a'), (101, 1, 'b')", "t", ""},
    {"insert partitions", "INSERT INTO parts VALUES (100, 1, 'a'), (101, 1, 'b'), (102, 1, 'c')", "parts", ""},
    {"overwrite", "INSERT OVERWRITE t VALUES (100, 1, 'a')", "t", ""},
    {"update", "UPDATE t SET v = v + 1 WHERE id % 3 = 0", "t", ""},
    {"update by copying", "UPDATE plain SET v = v + 1 WHERE id % 3 = 0", "plain", ""},
    {"delete", "DELETE FROM t WHERE id % 4 = 1", "t", ""},
    {"merge", "MERGE INTO t USING (VALUES (1, 7), (2, 7), (200, 7)) AS s(id, v) ON t.id = s.id WHEN MATCHED AND s.id = 2 THEN DELETE "
              "WHEN MATCHED THEN UPDATE SET v = s.v WHEN NOT MATCHED THEN INSERT (id, v, p) VALUES (s.id, s.v, 'm')", "t", ""},
    {"optimize", "OPTIMIZE t", "t", ""},
    {"vacuum", "VACUUM t RETAIN 0 HOURS", "t", ""},
    {"restore", "RESTORE TABLE t TO VERSION AS OF 1", "t", ""},
    {"alter", "ALTER TABLE t SET TBLPROPERTIES ('team' = 'a')", "t", ""},
    {"replace", "CREATE OR REPLACE TABLE t AS SELECT id, v + 5 AS v, p FROM plain", "t", ""},
    {"checkpoint", "INSERT INTO often VALUES (100, 1, 'a')", "often", ""},
    {"change feed", "UPDATE fed SET v = v + 1 WHERE id % 3 = 0", "fed", ""},
    {"atomic", "BEGIN ATOMIC UPDATE m1 SET v = v + 1 WHERE id < 5; INSERT INTO m2 VALUES (100, 1, 'a'); END", "m1", ""},
};

const std::vector<std::string> kSetup = {
    "CREATE TABLE t (id BIGINT, v BIGINT, p STRING)",
    "INSERT INTO t SELECT id, 0, 'a' FROM range(20) AS r(id)",
    "INSERT INTO t SELECT id + 20, 0, 'b' FROM range(20) AS r(id)",
    "DELETE FROM t WHERE id % 10 = 3",
    "CREATE TABLE plain (id BIGINT, v BIGINT, p STRING) TBLPROPERTIES ('delta.enableDeletionVectors' = 'false')",
    "INSERT INTO plain SELECT id, 0, 'a' FROM range(20) AS r(id)",
    "CREATE TABLE parts (id BIGINT, v BIGINT, p STRING) PARTITIONED BY (p)",
    "CREATE TABLE often (id BIGINT, v BIGINT, p STRING) TBLPROPERTIES ('delta.checkpointInterval' = '2')",
    "INSERT INTO often SELECT id, 0, 'a' FROM range(20) AS r(id)",
    "CREATE TABLE fed (id BIGINT, v BIGINT, p STRING) TBLPROPERTIES ('delta.enableChangeDataFeed' = 'true')",
    "INSERT INTO fed SELECT id, 0, 'a' FROM range(20) AS r(id)",
    "CREATE TABLE m1 (id BIGINT, v BIGINT, p STRING) TBLPROPERTIES ('delta.feature.catalogManaged' = 'supported')",
    "CREATE TABLE m2 (id BIGINT, v BIGINT, p STRING) TBLPROPERTIES ('delta.feature.catalogManaged' = 'supported')",
    "INSERT INTO m1 SELECT id, 0, 'a' FROM range(20) AS r(id)",
};

// What a reader sees: "absent" without the table.
Result<std::string> Look(engine::Session &session, const Operation &operation) {
    std::string columns = "count(*), ' ', coalesce(sum(id), 0), ' ', coalesce(sum(v), 0), ' ', coalesce(max(p), '')";
    // The block's two tables are seen together.
    std::string from = operation.name == "atomic" ? "(SELECT * FROM m1 UNION ALL SELECT * FROM m2)" : operation.table;
    auto seen = Run(session, "SELECT concat(" + columns + ") FROM " + from);
    if (!seen && seen.error().condition == "TABLE_OR_VIEW_NOT_FOUND") return "absent";
    return seen;
}

Result<std::unique_ptr<engine::Engine>> Open(const fs::path &root) { return engine::Engine::Open({.root = root, .memory_limit = "256MB", .threads = 2}); }

// Runs `work` in a process of its own; its exit status, 128 + the signal if it was killed.
int InProcess(const std::function<int()> &work) {
    std::fflush(nullptr);
    pid_t child = fork();
    if (child == 0) {
        int status = work();
        std::fflush(nullptr);
        _exit(status);
    }
    int status = 0;
    waitpid(child, &status, 0);
    return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

int Complain(const std::string &where, const std::string &what) {
    std::printf("FAILED %s: %s\n", where.c_str(), what.c_str());
    return 1;
}

// One worker: a root of its own, put back before each try.
class Worker {
public:
    Worker() : root_(scratch_.path() / "root"), saved_(scratch_.path() / "saved") {}

    bool Prepare() {
        int status = InProcess([&] {
            auto engine = Open(root_);
            if (!engine) return Complain("setup", engine.error().ToString());
            auto session = (*engine)->NewSession();
            for (const std::string &statement : kSetup) {
                auto done = Run(*session, statement);
                if (!done) return Complain("setup", done.error().ToString());
            }
            session.reset();
            engine->reset();
            return 0;
        });
        if (status != 0) return false;
        fs::copy(root_, saved_, fs::copy_options::recursive);
        return true;
    }

    // Every n of one operation.
    int Try(const Operation &operation, bool all) {
        before_ = Outcome(operation, false);
        after_ = Outcome(operation, true);
        if (before_.empty() || after_.empty()) return 1;
        if (operation.name != "optimize" && operation.name != "vacuum" && operation.name != "alter" && before_ == after_) {
            return Complain(operation.name, "the statement changes nothing");
        }
        int failures = 0;
        int64_t n = 1;
        for (bool reached = true; reached; n++) {
            reached = false;
            failures += Kill(operation, n, FaultKind::kDie, reached);
            if (!reached) break;
            bool torn = false;
            failures += Kill(operation, n, FaultKind::kDieTorn, torn);
            constexpr FaultKind kKinds[] = {FaultKind::kFail, FaultKind::kLoseAnswer, FaultKind::kTear, FaultKind::kLoseWrite, FaultKind::kDelay};
            for (size_t i = 0; i < std::size(kKinds); i++) {
                if (all || static_cast<int64_t>(i) == n % 5) failures += Hurt(operation, n, kKinds[i]);
            }
            if (failures > 5) break;
        }
        std::printf("%-18s %3lld calls, %lld tries, %d failures\n", operation.name.c_str(), static_cast<long long>(n - 1),
                    static_cast<long long>(tries_), failures);
        tries_ = 0;
        return failures + (n < 3 ? Complain(operation.name, "hardly any calls: are they counted?") : 0);
    }

private:
    void PutBack() {
        fs::remove_all(root_);
        fs::copy(saved_, root_, fs::copy_options::recursive);
    }

    // What is seen before or after a statement without faults.
    std::string Outcome(const Operation &operation, bool run) {
        PutBack();
        fs::path file = scratch_.path() / "outcome";
        int status = InProcess([&] {
            auto engine = Open(root_);
            if (!engine) return Complain(operation.name, engine.error().ToString());
            auto session = (*engine)->NewSession();
            if (operation.name == "vacuum") (void)Run(*session, kNoCheck);
            if (run) {
                auto done = Run(*session, operation.statement);
                if (!done) return Complain(operation.name, done.error().ToString());
            }
            auto seen = Look(*session, operation);
            if (!seen) return Complain(operation.name, seen.error().ToString());
            FILE *out = std::fopen(file.c_str(), "w");
            std::fputs(seen->c_str(), out);
            std::fclose(out);
            return 0;
        });
        if (status != 0) return "";
        std::string text(200, '\0');
        FILE *in = std::fopen(file.c_str(), "r");
        text.resize(std::fread(text.data(), 1, text.size(), in));
        std::fclose(in);
        return text;
    }

    // A process that has installed the fault runs the statement; `finish` looks at what came out, in that process.
    int RunWithFault(const Operation &operation, int64_t n, FaultKind kind,
                     const std::function<int(engine::Session &, const Result<std::string> &, bool reached)> &finish) {
        tries_++;
        PutBack();
        return InProcess([&] {
            DiskFaults &faults = DiskFaults::Install((root_ / "warehouse").string());
            auto engine = Open(root_);
            if (!engine) return Complain(operation.name, engine.error().ToString());
            auto session = (*engine)->NewSession();
            if (operation.name == "vacuum") (void)Run(*session, kNoCheck);
            faults.Plan([&](const CallInfo &call) {
                // What writes nothing has no middle.
                bool writes = call.operation == "Put" || call.operation == "PutIfAbsent" || call.operation == "Write";
                return call.number == n && (writes || kind != FaultKind::kDieTorn) ? kind : FaultKind::kNone;
            });
            auto done = Run(*session, operation.statement);
            // A checkpoint that is due is part of it; it is written when the engine ends, if not before.
            if (operation.name == "checkpoint") {
                session.reset();
                engine->reset();
                return faults.calls() >= n ? 0 : kNotReached;
            }
            bool reached = faults.calls() >= n;
            faults.Plan({});
            return finish(*session, done, reached);
        });
    }

    int Kill(const Operation &operation, int64_t n, FaultKind kind, bool &reached) {
        std::string where = operation.name + ", " + (kind == FaultKind::kDie ? "killed before" : "killed within") + " call " + std::to_string(n);
        int status = RunWithFault(operation, n, kind, [&](engine::Session &, const Result<std::string> &done, bool was_reached) {
            if (!done) return Complain(where, done.error().ToString());
            return was_reached ? 0 : kNotReached;
        });
        if (status == kNotReached) return 0;
        if (kind == FaultKind::kDieTorn && status == 0) return 0;
        if (status != 128 + SIGKILL) return Complain(where, "the process ended with " + std::to_string(status));
        reached = true;
        return InProcess([&] { return LookAndWrite(operation, where); });
    }

    int LookAndWrite(const Operation &operation, const std::string &where) {
        auto engine = Open(root_);
        if (!engine) return Complain(where, engine.error().ToString());
        auto session = (*engine)->NewSession();
        auto seen = Look(*session, operation);
        if (!seen) return Complain(where, seen.error().ToString());
        if (*seen != before_ && *seen != after_) return Complain(where, "saw " + *seen + " instead of " + before_ + " or " + after_);
        return WriteAndLook(*session, operation, where);
    }

    int WriteAndLook(engine::Session &session, const Operation &operation, const std::string &where) {
        if (!operation.next.empty()) {
            auto done = Run(session, operation.next);
            if (!done) return Complain(where, "next write: " + done.error().ToString());
        }
        auto before = Run(session, "SELECT count(*) FROM " + operation.table);
        if (!before) return Complain(where, before.error().ToString());
        for (const std::string &statement : {"INSERT INTO " + operation.table + " VALUES (1000, 1, 'z')", "UPDATE " + operation.table + " SET v = 9 WHERE id = 1000"}) {
            auto done = Run(session, statement);
            if (!done) return Complain(where, "next write: " + done.error().ToString());
        }
        auto after = Run(session, "SELECT count(*) FROM " + operation.table + " WHERE id < 1000 OR v = 9");
        if (!after) return Complain(where, after.error().ToString());
        if (std::stoll(*after) != std::stoll(*before) + 1) return Complain(where, "the next write was lost");
        return 0;
    }

    // The process lives on: what it says must be true, and it must go on working.
    int Hurt(const Operation &operation, int64_t n, FaultKind kind) {
        const char *names[] = {"none", "fails", "loses its answer", "loses its write", "tears", "is late"};
        std::string where = operation.name + ", call " + std::to_string(n) + " " + names[static_cast<size_t>(kind)];
        int status = RunWithFault(operation, n, kind, [&](engine::Session &session, const Result<std::string> &done, bool) {
            auto seen = Look(session, operation);
            if (!seen) return Complain(where, seen.error().ToString());
            bool unknown = !done && done.error().kind == ErrorKind::kUnknownOutcome;
            if (*seen != before_ && *seen != after_) return Complain(where, "saw " + *seen + " instead of " + before_ + " or " + after_);
            if (done && *seen != after_) return Complain(where, "acknowledged, but saw " + *seen);
            if (!done && !unknown && *seen != before_) return Complain(where, "refused, but saw " + *seen + ": " + done.error().ToString());
            if (!done && done.error().kind == ErrorKind::kInternal) return Complain(where, done.error().ToString());
            return WriteAndLook(session, operation, where);
        });
        if (status == 0 && operation.name == "checkpoint") return InProcess([&] { return LookAndWrite(operation, where); });
        return status == 0 || status == kNotReached ? 0 : status == 1 ? 1 : Complain(where, "the process ended with " + std::to_string(status));
    }

    static constexpr int kNotReached = 77;
    static constexpr char kNoCheck[] = "SET spark.databricks.delta.retentionDurationCheck.enabled = false";
    ScratchRoot scratch_{"fault"};
    fs::path root_, saved_;
    std::string before_, after_;
    int64_t tries_ = 0;
};

int RunShare(int job, int jobs, bool all, const std::string &only) {
    Worker worker;
    if (!worker.Prepare()) return 1;
    int failures = 0;
    for (size_t i = 0; i < kOperations.size(); i++) {
        if (static_cast<int>(i) % jobs != job || (!only.empty() && kOperations[i].name != only)) continue;
        failures += worker.Try(kOperations[i], all);
    }
    return failures > 0 ? 1 : 0;
}

}  // namespace
}  // namespace tarn::testing

int main(int argc, char **argv) {
    bool all = false;
    std::string only;
    int jobs = 2;
    for (int i = 1; i < argc; i++) {
        std::string_view name = argv[i];
        if (name == "--all") all = true;
        if (name == "--only" && i + 1 < argc) only = argv[++i];
        if (name == "--jobs" && i + 1 < argc) jobs = std::atoi(argv[++i]);
    }
    setenv("TARN_FSYNC", "off", 1);  // What the kernel has survives a killed process.
    std::vector<pid_t> workers;
    for (int job = 0; job < jobs; job++) {
        std::fflush(nullptr);
        pid_t child = fork();
        if (child == 0) {
            int status = tarn::testing::RunShare(job, jobs, all, only);
            std::fflush(nullptr);
            _exit(status);
        }
        workers.push_back(child);
    }
    int failed = 0;
    for (pid_t worker : workers) {
        int status = 0;
        waitpid(worker, &status, 0);
        failed |= status;
    }
    std::printf(failed ? "FAILED\n" : "every call may fail\n");
    return failed ? 1 : 0;
}
