// Many writers of one table at once, in several processes of several sessions each; sums prove that nothing was lost.
//   tarn_soak --processes 4 --sessions 5 --seconds 60 [--seed 1]
//
// Every acknowledged statement says how many rows it changed, so the sum of `v` and the number of rows that must come out
// are known. A statement that fails must fail as a conflict, and then has not happened.
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cstring>
#include <mutex>
#include <random>
#include <thread>
#include <vector>

#include "engine/internal/rerun.h"
#include "support.h"

namespace tarn::testing {
namespace {

constexpr int kFixedRows = 400;
constexpr int kKeys = 60;  // That MERGE inserts or updates.

struct Options {
    int processes = 4, sessions = 5, seconds = 60;
    uint64_t seed = 1;
};

// Plain numbers: children send them through a pipe.
struct Tally {
    int64_t statements[6] = {};  // By Kind.
    int64_t conflicts = 0, failures = 0, reruns = 0;
    int64_t sum = 0, rows = 0;   // What the acknowledged statements have added.

    void Add(const Tally &other) {
        for (size_t i = 0; i < std::size(statements); i++) statements[i] += other.statements[i];
        conflicts += other.conflicts;
        failures += other.failures;
        reruns += other.reruns;
        sum += other.sum;
        rows += other.rows;
    }
};

enum Kind : uint8_t { kInsert, kUpdateOwn, kUpdateShared, kDelete, kMerge, kOptimize };
constexpr const char *kKindNames[] = {"INSERT", "UPDATE own", "UPDATE shared", "DELETE", "MERGE", "OPTIMIZE"};

// One session's statements, one after the other.
class Writer {
public:
    Writer(engine::Engine &engine, int number, int writers, uint64_t seed)
        : session_(engine.NewSession()), number_(number), writers_(writers), dice_(seed * 1000 + static_cast<uint64_t>(number)) {}

    void RunUntil(std::chrono::steady_clock::time_point end) {
        while (std::chrono::steady_clock::now() < end) Step();
    }
    const Tally &tally() const { return tally_; }

private:
    int Roll(int sides) { return static_cast<int>(dice_() % static_cast<uint64_t>(sides)); }

    void Step() {
        int roll = Roll(100);
        if (roll < 30) return Insert();
        if (roll < 50) return Update(kUpdateOwn, "id % " + std::to_string(writers_) + " = " + std::to_string(number_));
        if (roll < 60) return Update(kUpdateShared, "id % 50 = " + std::to_string(Roll(50)));
        if (roll < 75) return Delete();
        if (roll < 98) return Merge();
        if (Acknowledged(kOptimize, "OPTIMIZE t")) return;
    }

    void Insert() {
        std::string values;
        int count = 1 + Roll(5);
        for (int i = 0; i < count; i++) {
            int64_t id = next_id_++;
            values += (i > 0 ? ", " : "") + std::string("('own', ") + std::to_string(number_) + ", " + std::to_string(id) + ", 1)";
        }
        if (!Acknowledged(kInsert, "INSERT INTO t VALUES " + values)) return;
        tally_.rows += count;
        tally_.sum += count;
    }

    void Update(Kind kind, const std::string &condition) {
        auto rows = Acknowledged(kind, "UPDATE t SET v = v + 1 WHERE kind = 'fixed' AND " + condition);
        if (rows) tally_.sum += *rows;
    }

    // Of the rows that this writer inserted; their value never changes.
    void Delete() {
        auto rows = Acknowledged(kDelete, "DELETE FROM t WHERE kind = 'own' AND owner = " + std::to_string(number_) +
                                              " AND id % 3 = " + std::to_string(Roll(3)));
        if (!rows) return;
        tally_.rows -= *rows;
        tally_.sum -= *rows;
    }

    // Keys that all writers share: whether a key is there depends on the others.
    void Merge() {
        int first = Roll(kKeys), second = (first + 1 + Roll(kKeys - 1)) % kKeys;
        std::string source = "VALUES (" + std::to_string(first) + ", 3), (" + std::to_string(second) + ", 4)";
        auto rows = Acknowledged(kMerge, "MERGE INTO t USING (" + source + ") AS s(id, d) ON t.kind = 'key' AND t.id = s.id "
                                         "WHEN MATCHED THEN UPDATE SET v = t.v + s.d "
                                         "WHEN NOT MATCHED THEN INSERT (kind, owner, id, v) VALUES ('key', 0, s.id, s.d)");
        if (rows) tally_.sum += 7;
    }

    // The rows that an acknowledged statement changed.
    std::optional<int64_t> Acknowledged(Kind kind, const std::string &statement) {
        auto done = Run(*session_, statement);
        if (done) {
            tally_.statements[kind]++;
            return std::atoll(done->c_str());
        }
        if (done.error().kind == ErrorKind::kConflict) {
            tally_.conflicts++;
        } else {
            tally_.failures++;
            std::fprintf(stderr, "writer %d: %s\n  %s\n", number_, statement.c_str(), done.error().ToString().c_str());
        }
        return std::nullopt;
    }

    std::unique_ptr<engine::Session> session_;
    int number_, writers_;
    std::mt19937_64 dice_;
    int64_t next_id_ = 0;
    Tally tally_;
};

// One process with its sessions. Ends by sending its tally.
[[noreturn]] void WriterProcess(const std::filesystem::path &root, const Options &options, int process, int pipe) {
    auto engine = engine::Engine::Open({.root = root, .memory_limit = "512MB"});
    if (!engine) {
        std::fprintf(stderr, "process %d: %s\n", process, engine.error().ToString().c_str());
        _exit(1);
    }
    auto end = std::chrono::steady_clock::now() + std::chrono::seconds(options.seconds);
    std::vector<std::unique_ptr<Writer>> writers;
    std::vector<std::thread> threads;
    for (int i = 0; i < options.sessions; i++) {
        writers.push_back(std::make_unique<Writer>(**engine, process * options.sessions + i, options.processes * options.sessions, options.seed));
    }
    for (auto &writer : writers) threads.emplace_back([&] { writer->RunUntil(end); });
    for (auto &thread : threads) thread.join();
    Tally tally;
    for (auto &writer : writers) tally.Add(writer->tally());
    tally.reruns = engine::StatementReruns();
    writers.clear();
    engine->reset();  // Writes the checkpoints that are due.
    if (write(pipe, &tally, sizeof tally) != sizeof tally) _exit(2);
    _exit(0);
}

int64_t Number(engine::Session &session, const std::string &query) {
    auto cell = Run(session, query);
    if (!cell) std::fprintf(stderr, "%s\n  %s\n", query.c_str(), cell.error().ToString().c_str());
    return cell ? std::atoll(cell->c_str()) : INT64_MIN;
}

bool Expect(const char *what, int64_t actual, int64_t expected) {
    if (actual == expected) return true;
    std::printf("FAILED: %s is %lld and should be %lld\n", what, static_cast<long long>(actual), static_cast<long long>(expected));
    return false;
}

// Of the table's history: commits that were not the next version after the one they had read.
void CountRebased(engine::Session &session, int64_t &commits, int64_t &rebased) {
    auto history = session.Execute("DESCRIBE HISTORY t");
    if (!history) return;
    size_t version = 0, read_version = 0;
    for (size_t i = 0; i < (*history)->columns().size(); i++) {
        if ((*history)->columns()[i].name == "version") version = i;
        if ((*history)->columns()[i].name == "readVersion") read_version = i;
    }
    while ((*history)->Next().value_or(false)) {
        for (size_t row = 0; row < (*history)->batch_rows(); row++) {
            std::string committed, read;
            (*history)->AppendCell(row, version, engine::CellStyle::kSpark, committed);
            (*history)->AppendCell(row, read_version, engine::CellStyle::kSpark, read);
            commits++;
            if (read != "NULL" && std::atoll(committed.c_str()) > std::atoll(read.c_str()) + 1) rebased++;
        }
    }
}

bool Prepare(const std::filesystem::path &root) {
    auto engine = engine::Engine::Open({.root = root});
    if (!engine) return false;
    auto session = (*engine)->NewSession();
    std::string rows = std::to_string(kFixedRows);
    for (const std::string &statement :
         {std::string("CREATE TABLE t (kind STRING, owner INT, id BIGINT, v BIGINT)"),
          "INSERT INTO t SELECT 'fixed', 0, id, 0 FROM range(" + rows + ") AS r(id)"}) {
        auto done = Run(*session, statement);
        if (!done) {
            std::fprintf(stderr, "%s\n", done.error().ToString().c_str());
            return false;
        }
    }
    return true;
}

bool Check(const std::filesystem::path &root, const Tally &tally, const Options &options) {
    auto engine = engine::Engine::Open({.root = root});
    auto session = (*engine)->NewSession();
    int64_t keys = Number(*session, "SELECT count(DISTINCT id) FROM t WHERE kind = 'key'");
    bool good = Expect("the number of failures that are no conflicts", tally.failures, 0);
    good &= Expect("sum(v)", Number(*session, "SELECT sum(v) FROM t"), tally.sum);
    good &= Expect("count(*)", Number(*session, "SELECT count(*) FROM t"), tally.rows + kFixedRows + keys);
    good &= Expect("the number of fixed rows", Number(*session, "SELECT count(DISTINCT id) FROM t WHERE kind = 'fixed'"), kFixedRows);
    int64_t commits = 0, rebased = 0, statements = 0;
    CountRebased(*session, commits, rebased);
    for (size_t i = 0; i < std::size(tally.statements); i++) {
        std::printf("%s%s %lld", i > 0 ? ", " : "", kKindNames[i], static_cast<long long>(tally.statements[i]));
        statements += tally.statements[i];
        good &= options.seconds < 5 || tally.statements[i] > 0;
    }
    std::printf("\n%lld statements and %lld commits by %d writers in %d s: %.0f commits/s; %lld commits went on top of versions "
                "they had not read, %lld statements were run again, %lld gave up\n",
                static_cast<long long>(statements), static_cast<long long>(commits), options.processes * options.sessions,
                options.seconds, static_cast<double>(commits) / options.seconds, static_cast<long long>(rebased),
                static_cast<long long>(tally.reruns), static_cast<long long>(tally.conflicts));
    // A statement in ten may lose again and again where everybody wants the same rows; more would mean that turns do not work.
    return good && tally.conflicts * 10 <= statements;
}

int Soak(const Options &options) {
    ScratchRoot root("soak");
    pid_t preparing = fork();  // No DuckDB in this process yet: its threads would not survive the forks.
    if (preparing == 0) _exit(Prepare(root.path()) ? 0 : 1);
    int status = 0;
    waitpid(preparing, &status, 0);
    if (status != 0) return 1;
    std::vector<std::pair<pid_t, int>> children;
    for (int i = 0; i < options.processes; i++) {
        int ends[2];
        if (pipe(ends) != 0) return 1;
        pid_t child = fork();
        if (child == 0) {
            close(ends[0]);
            WriterProcess(root.path(), options, i, ends[1]);
        }
        close(ends[1]);
        children.emplace_back(child, ends[0]);
    }
    Tally total;
    bool good = true;
    for (auto [child, end] : children) {
        Tally one;
        good &= read(end, &one, sizeof one) == sizeof one;
        total.Add(one);
        close(end);
        waitpid(child, &status, 0);
        good &= status == 0;
    }
    if (!good) std::printf("FAILED: a writer's process ended early\n");
    return Check(root.path(), total, options) && good ? 0 : 1;
}

}  // namespace
}  // namespace tarn::testing

int main(int argc, char **argv) {
    tarn::testing::Options options;
    for (int i = 1; i + 1 < argc; i += 2) {
        std::string_view name = argv[i];
        int value = std::atoi(argv[i + 1]);
        if (name == "--processes") options.processes = value;
        if (name == "--sessions") options.sessions = value;
        if (name == "--seconds") options.seconds = value;
        if (name == "--seed") options.seed = static_cast<uint64_t>(value);
    }
    return tarn::testing::Soak(options);
}
