#include "ai/internal/store.h"

#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <csignal>
#include <ctime>
#include <fstream>

namespace tarn::ai {
namespace {

// WAL: readers of other processes do not wait for a writer, nor it for them.
constexpr const char *kCreate = R"sql(
PRAGMA journal_mode = WAL;
CREATE TABLE IF NOT EXISTS cache (
  id INTEGER PRIMARY KEY, key BLOB NOT NULL UNIQUE, kind TEXT NOT NULL, function TEXT NOT NULL, model TEXT NOT NULL,
  prompt_version TEXT NOT NULL, parameters TEXT NOT NULL, input TEXT NOT NULL, answer BLOB NOT NULL,
  tokens_in INTEGER NOT NULL, tokens_out INTEGER NOT NULL, cost_nano_usd INTEGER NOT NULL, created_at_ms INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS usage (
  id INTEGER PRIMARY KEY, at_ms INTEGER NOT NULL, function TEXT NOT NULL, endpoint TEXT NOT NULL, model TEXT NOT NULL,
  calls INTEGER NOT NULL, tokens_in INTEGER NOT NULL, tokens_out INTEGER NOT NULL, cached INTEGER NOT NULL,
  cost_nano_usd INTEGER NOT NULL, latency_ms INTEGER NOT NULL, caller TEXT NOT NULL, error TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS spent (period TEXT PRIMARY KEY, nano_usd INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS reserved (
  id INTEGER PRIMARY KEY, nano_usd INTEGER NOT NULL, expires_at_ms INTEGER NOT NULL, host TEXT NOT NULL, pid INTEGER NOT NULL);
)sql";

constexpr const char *kProject = "project";

// Where a process number means something: this machine since its start, and this container.
const std::string &Host() {
    static const std::string kHost = [] {
        std::string boot;
        std::ifstream("/proc/sys/kernel/random/boot_id") >> boot;
        std::error_code ignored;
        return boot + " " + std::filesystem::read_symlink("/proc/self/ns/pid", ignored).string();
    }();
    return kHost;
}

// Those whose time is up, and those of processes that are gone: whether their calls were paid for, nobody knows here.
Result<void> ForgetReservations(SqliteFile &file) {
    SqliteStatement forget(file, "DELETE FROM reserved WHERE expires_at_ms < ?");
    TARN_CHECK(forget.Integer(NowMs()).Run());
    std::vector<int64_t> gone;
    SqliteStatement query(file, "SELECT DISTINCT pid FROM reserved WHERE host = ?");
    query.Text(Host());
    TARN_CHECK(query.ForEach([&] {
        auto pid = static_cast<pid_t>(query.IntegerAt(0));
        if (pid != getpid() && kill(pid, 0) != 0 && errno == ESRCH) gone.push_back(pid);
    }));
    for (int64_t pid : gone) {
        SqliteStatement remove(file, "DELETE FROM reserved WHERE host = ? AND pid = ?");
        TARN_CHECK(remove.Text(Host()).Integer(pid).Run());
    }
    return {};
}

Result<NanoUsd> Sum(SqliteFile &file, const char *sql, std::string_view text) {
    SqliteStatement query(file, sql);
    if (!text.empty()) query.Text(text);
    TARN_TRY(bool found, query.Step());
    return found ? query.IntegerAt(0) : 0;
}

}  // namespace

int64_t NowMs() {
    return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::system_clock::now().time_since_epoch()).count();
}

std::string Today() {
    std::time_t now = std::time(nullptr);
    std::tm parts{};
    gmtime_r(&now, &parts);
    char text[16];
    std::strftime(text, sizeof text, "%Y-%m-%d", &parts);
    return text;
}

Result<std::unique_ptr<Store>> Store::Open(const std::filesystem::path &root) {
    TARN_TRY(std::unique_ptr<SqliteFile> file, SqliteFile::Open(root / "ai.db"));
    TARN_CHECK(file->Run(kCreate));
    return std::unique_ptr<Store>(new Store(std::move(file)));
}

Result<std::optional<std::string>> Store::Find(const std::string &key) {
    std::lock_guard lock(mutex_);
    SqliteStatement query(*file_, "SELECT answer FROM cache WHERE key = ?");
    TARN_TRY(bool found, query.Blob(key).Step());
    if (!found) return std::nullopt;
    return query.TextAt(0);
}

Result<std::expected<Reservation, Refusal>> Store::Reserve(NanoUsd amount, NanoUsd day_cap, NanoUsd project_cap, int64_t valid_s) {
    using Outcome = std::expected<Reservation, Refusal>;
    std::lock_guard lock(mutex_);
    // Only answers must outlive a power cut: a reservation need not reach the disk before the call.
    TARN_CHECK(file_->Run("PRAGMA synchronous = NORMAL"));
    return file_->Atomically([&]() -> Result<Outcome> {
        TARN_CHECK(ForgetReservations(*file_));
        TARN_TRY(NanoUsd reserved, Sum(*file_, "SELECT coalesce(sum(nano_usd), 0) FROM reserved", ""));
        TARN_TRY(NanoUsd day, Sum(*file_, "SELECT nano_usd FROM spent WHERE period = ?", Today()));
        TARN_TRY(NanoUsd project, Sum(*file_, "SELECT nano_usd FROM spent WHERE period = ?", kProject));
        if (day + reserved + amount > day_cap) return Outcome(std::unexpected(Refusal{"day", day, reserved}));
        if (project + reserved + amount > project_cap) return Outcome(std::unexpected(Refusal{"project", project, reserved}));
        SqliteStatement insert(*file_, "INSERT INTO reserved (nano_usd, expires_at_ms, host, pid) VALUES (?, ?, ?, ?) RETURNING id");
        TARN_TRY(bool given, insert.Integer(amount).Integer(NowMs() + valid_s * 1000).Text(Host()).Integer(getpid()).Step());
        return Outcome(Reservation{given ? insert.IntegerAt(0) : 0, amount});
    });
}

Result<void> Store::InsertUsage(const UsageRow &row) {
    SqliteStatement insert(*file_, "INSERT INTO usage (at_ms, function, endpoint, model, calls, tokens_in, tokens_out, cached, cost_nano_usd, latency_ms, caller, error) "
                                   "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
    insert.Integer(row.at_ms).Text(row.function).Text(row.endpoint).Text(row.model).Integer(row.calls).Integer(row.tokens_in).Integer(row.tokens_out);
    return insert.Integer(row.cached ? 1 : 0).Integer(row.cost_nano_usd).Integer(row.latency_ms).Text(row.caller).Text(row.error).Run();
}

Result<void> Store::Settle(const Reservation &reservation, const UsageRow &usage, const std::vector<CacheEntry> &entries) {
    std::lock_guard lock(mutex_);
    TARN_CHECK(file_->Run("PRAGMA synchronous = FULL"));
    return file_->Atomically([&]() -> Result<void> {
        SqliteStatement release(*file_, "DELETE FROM reserved WHERE id = ?");
        TARN_CHECK(release.Integer(reservation.id).Run());
        TARN_CHECK(InsertUsage(usage));
        for (const std::string &period : {Today(), std::string(kProject)}) {
            SqliteStatement book(*file_, "INSERT INTO spent VALUES (?, ?) ON CONFLICT (period) DO UPDATE SET nano_usd = nano_usd + excluded.nano_usd");
            TARN_CHECK(book.Text(period).Integer(usage.cost_nano_usd).Run());
        }
        for (const CacheEntry &entry : entries) TARN_CHECK(InsertEntry(entry));
        return {};
    });
}

Result<void> Store::InsertEntry(const CacheEntry &entry) {
    SqliteStatement insert(*file_, "INSERT OR REPLACE INTO cache (key, kind, function, model, prompt_version, parameters, input, answer, tokens_in, tokens_out, cost_nano_usd, created_at_ms) "
                                   "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
    insert.Blob(entry.key).Text(entry.kind).Text(entry.function).Text(entry.model).Text(entry.prompt_version).Text(entry.parameters).Text(entry.input);
    return insert.Blob(entry.answer).Integer(entry.tokens_in).Integer(entry.tokens_out).Integer(entry.cost).Integer(NowMs()).Run();
}

Result<void> Store::AddUsage(const std::vector<UsageRow> &rows) {
    std::lock_guard lock(mutex_);
    TARN_CHECK(file_->Run("PRAGMA synchronous = NORMAL"));
    return file_->Atomically([&]() -> Result<void> {
        for (const UsageRow &row : rows) TARN_CHECK(InsertUsage(row));
        return {};
    });
}

Result<std::vector<UsageRow>> Store::ReadUsage(int64_t &after, int limit) {
    std::lock_guard lock(mutex_);
    SqliteStatement query(*file_, "SELECT id, at_ms, function, endpoint, model, calls, tokens_in, tokens_out, cached, cost_nano_usd, latency_ms, caller, error "
                                  "FROM usage WHERE id > ? ORDER BY id LIMIT ?");
    query.Integer(after).Integer(limit);
    std::vector<UsageRow> rows;
    TARN_CHECK(query.ForEach([&] {
        after = query.IntegerAt(0);
        rows.push_back({query.IntegerAt(1), query.TextAt(2), query.TextAt(3), query.TextAt(4), query.IntegerAt(5), query.IntegerAt(6), query.IntegerAt(7), query.IntegerAt(8) != 0,
                        query.IntegerAt(9), query.IntegerAt(10), query.TextAt(11), query.TextAt(12)});
    }));
    return rows;
}

Result<std::vector<CacheRow>> Store::ReadCache(int64_t &after, int limit) {
    std::lock_guard lock(mutex_);
    SqliteStatement query(*file_, "SELECT id, lower(hex(key)), kind, function, model, prompt_version, parameters, input, "
                                  "CASE WHEN kind = 'embedding' THEN (length(answer) / 4) || ' floats' ELSE answer END, tokens_in, tokens_out, cost_nano_usd, created_at_ms "
                                  "FROM cache WHERE id > ? ORDER BY id LIMIT ?");
    query.Integer(after).Integer(limit);
    std::vector<CacheRow> rows;
    TARN_CHECK(query.ForEach([&] {
        after = query.IntegerAt(0);
        rows.push_back({query.TextAt(1), query.TextAt(2), query.TextAt(3), query.TextAt(4), query.TextAt(5), query.TextAt(6), query.TextAt(7), query.TextAt(8), query.IntegerAt(9),
                        query.IntegerAt(10), query.IntegerAt(11), query.IntegerAt(12)});
    }));
    return rows;
}

}  // namespace tarn::ai
