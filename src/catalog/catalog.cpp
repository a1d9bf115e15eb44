#include "catalog/catalog.h"

#include <sqlite3.h>

#include <algorithm>
#include <chrono>
#include <mutex>
#include <nlohmann/json.hpp>

#include "base/data_type.h"

namespace tarn::catalog {
namespace {

using nlohmann::json;

constexpr int kSchemaVersion = 5;
constexpr const char *kCreate = R"sql(
CREATE TABLE IF NOT EXISTS schemas (
  catalog TEXT NOT NULL, name TEXT NOT NULL, comment TEXT NOT NULL DEFAULT '',
  PRIMARY KEY (catalog, name)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS tables (
  catalog TEXT NOT NULL, schema TEXT NOT NULL, name TEXT NOT NULL,
  kind TEXT NOT NULL, location TEXT NOT NULL, comment TEXT NOT NULL,
  view_text TEXT NOT NULL, view_catalog TEXT NOT NULL, view_schema TEXT NOT NULL, view_columns TEXT NOT NULL,
  properties TEXT NOT NULL, created_at_ms INTEGER NOT NULL,
  PRIMARY KEY (catalog, schema, name)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS managed (location TEXT PRIMARY KEY, version INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS ratified (
  location TEXT NOT NULL, version INTEGER NOT NULL, file TEXT NOT NULL,
  PRIMARY KEY (location, version)) WITHOUT ROWID;
INSERT OR IGNORE INTO schemas (catalog, name) VALUES ('main', 'default');
CREATE TABLE IF NOT EXISTS dropped (
  id TEXT PRIMARY KEY, catalog TEXT NOT NULL, schema TEXT NOT NULL, name TEXT NOT NULL,
  kind TEXT NOT NULL, location TEXT NOT NULL, comment TEXT NOT NULL, properties TEXT NOT NULL, created_at_ms INTEGER NOT NULL,
  kept_at TEXT NOT NULL, dropped_at_ms INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS filter_uses (
  location TEXT NOT NULL, column_name TEXT NOT NULL, day INTEGER NOT NULL, uses INTEGER NOT NULL,
  PRIMARY KEY (location, column_name, day)) WITHOUT ROWID;
)sql";

constexpr std::pair<TableKind, std::string_view> kKindNames[] = {
    {TableKind::kManaged, "MANAGED"},
    {TableKind::kExternal, "EXTERNAL"},
    {TableKind::kView, "VIEW"},
    {TableKind::kStreamingTable, "STREAMING_TABLE"},
    {TableKind::kMaterializedView, "MATERIALIZED_VIEW"},
};

// The root, with a slash at its end. What lies below it stands in the metastore relative to it, so that a root can be moved,
// copied, and mounted elsewhere.
class Home {
public:
    explicit Home(const std::filesystem::path &root) : prefix_((root / "").string()) {}

    std::string Stored(const std::string &location) const {
        return location.starts_with(prefix_) ? location.substr(prefix_.size()) : location;
    }
    std::string Full(const std::string &stored) const {
        bool inside = !stored.empty() && stored[0] != '/' && stored.find("://") == std::string::npos;
        return inside ? prefix_ + stored : stored;
    }
    const std::string &prefix() const { return prefix_; }

private:
    std::string prefix_;
};

// A prepared statement with its bindings; reset and finalised by scope.
class Statement {
public:
    Statement(sqlite3 *db, const char *sql) : db_(db) {
        status_ = sqlite3_prepare_v2(db, sql, -1, &statement_, nullptr);
    }
    ~Statement() { sqlite3_finalize(statement_); }
    Statement(const Statement &) = delete;
    Statement &operator=(const Statement &) = delete;

    Statement &Bind(std::string_view text) {
        if (status_ == SQLITE_OK) {
            status_ = sqlite3_bind_text(statement_, ++bound_, text.data(), static_cast<int>(text.size()), SQLITE_TRANSIENT);
        }
        return *this;
    }
    Statement &Bind(int64_t value) {
        if (status_ == SQLITE_OK) status_ = sqlite3_bind_int64(statement_, ++bound_, value);
        return *this;
    }

    // True when a row is there; false at the end.
    Result<bool> Step() {
        if (status_ == SQLITE_OK || status_ == SQLITE_ROW) status_ = sqlite3_step(statement_);
        if (status_ == SQLITE_ROW) return true;
        if (status_ == SQLITE_DONE) return false;
        ErrorKind kind = status_ == SQLITE_CONSTRAINT ? ErrorKind::kAlreadyExists : ErrorKind::kIo;
        return Fail(kind, "IO_ERROR", std::string("The metastore cannot be used: ") + sqlite3_errmsg(db_) + ".");
    }
    Result<void> Run() {
        TARN_CHECK(Step());
        return {};
    }

    std::string Text(int column) const {
        auto text = reinterpret_cast<const char *>(sqlite3_column_text(statement_, column));
        return text ? std::string(text, static_cast<size_t>(sqlite3_column_bytes(statement_, column))) : std::string();
    }
    int64_t Integer(int column) const { return sqlite3_column_int64(statement_, column); }

private:
    sqlite3 *db_;
    sqlite3_stmt *statement_ = nullptr;
    int status_ = SQLITE_OK;
    int bound_ = 0;
};

TableKind KindOf(std::string_view name) {
    for (auto &[kind, text] : kKindNames) {
        if (text == name) return kind;
    }
    return TableKind::kExternal;
}

constexpr const char *kTableColumns =
    "SELECT catalog, schema, name, kind, location, comment, view_text, view_catalog, view_schema, view_columns, "
    "properties, created_at_ms FROM tables ";

TableEntry ReadTable(const Statement &row, const Home &home) {
    TableEntry entry;
    entry.name = {row.Text(0), row.Text(1), row.Text(2)};
    entry.kind = KindOf(row.Text(3));
    entry.location = home.Full(row.Text(4));
    entry.comment = row.Text(5);
    entry.view_text = row.Text(6);
    entry.view_catalog = row.Text(7);
    entry.view_schema = row.Text(8);
    // Somebody else's hand in the file must not bring the process down: unreadable means absent.
    json columns = json::parse(row.Text(9), nullptr, false);
    if (columns.is_array()) {
        for (auto &column : columns) {
            if (column.is_string()) entry.view_columns.push_back(column);
        }
    }
    json properties = json::parse(row.Text(10), nullptr, false);
    if (properties.is_object()) {
        for (auto &[key, value] : properties.items()) {
            if (value.is_string()) entry.properties[key] = value;
        }
    }
    entry.created_at_ms = row.Integer(11);
    return entry;
}

// Metastores before version 5 hold absolute locations.
Result<void> MakeRelative(sqlite3 *db, const Home &home) {
    auto update = [&](const std::string &table, const std::string &column) -> Result<void> {
        std::string sql = "UPDATE " + table + " SET " + column + " = substr(" + column + ", ?) WHERE substr(" + column + ", 1, ?) = ?";
        auto length = sqlite3_int64(0);
        for (unsigned char c : home.prefix()) length += (c & 0xc0) != 0x80;  // substr counts characters.
        return Statement(db, sql.c_str()).Bind(int64_t{length + 1}).Bind(int64_t{length}).Bind(home.prefix()).Run();
    };
    for (auto &[table, column] : {std::pair("tables", "location"), {"managed", "location"}, {"ratified", "location"}, {"dropped", "location"},
                                  {"dropped", "kept_at"}, {"filter_uses", "location"}}) {
        TARN_CHECK(update(table, column));
    }
    return {};
}

// All of `steps`, or nothing of them.
template <class Steps>
Result<void> InTransaction(sqlite3 *db, Steps steps) {
    TARN_CHECK(Statement(db, "BEGIN IMMEDIATE").Run());
    Result<void> done = steps();
    Result<void> ended = Statement(db, done ? "COMMIT" : "ROLLBACK").Run();
    if (done && !ended) TARN_CHECK(Statement(db, "ROLLBACK").Run());
    return done ? ended : done;
}

// A new metastore, or one of an older version. Several processes may find that at once: it is done once, and as a whole,
// which also makes it durable once and not for each table.
Result<void> SetUp(sqlite3 *db, const Home &home) {
    return InTransaction(db, [&]() -> Result<void> {
        if (sqlite3_exec(db, kCreate, nullptr, nullptr, nullptr) != SQLITE_OK) {
            return Fail(ErrorKind::kIo, "IO_ERROR", std::string("Cannot set up the metastore: ") + sqlite3_errmsg(db) + ".");
        }
        TARN_CHECK(MakeRelative(db, home));
        return Statement(db, ("PRAGMA user_version = " + std::to_string(kSchemaVersion)).c_str()).Run();
    });
}

class SqliteCatalog final : public Catalog {
public:
    SqliteCatalog(sqlite3 *db, Home home) : db_(db), home_(std::move(home)) {}
    ~SqliteCatalog() override { sqlite3_close(db_); }

    Result<std::vector<std::string>> ListCatalogs() override {
        std::lock_guard lock(mutex_);
        Statement query(db_, "SELECT DISTINCT catalog FROM schemas ORDER BY 1");
        std::vector<std::string> names;
        while (true) {
            TARN_TRY(bool more, query.Step());
            if (!more) return names;
            names.push_back(query.Text(0));
        }
    }

    Result<bool> SchemaExists(const std::string &catalog, const std::string &schema) override {
        std::lock_guard lock(mutex_);
        return SchemaExistsLocked(catalog, schema);
    }

    Result<std::vector<SchemaEntry>> ListSchemas(const std::string &catalog) override {
        std::lock_guard lock(mutex_);
        Statement query(db_, "SELECT catalog, name, comment FROM schemas WHERE catalog = ? ORDER BY name");
        query.Bind(ToLower(catalog));
        std::vector<SchemaEntry> schemas;
        while (true) {
            TARN_TRY(bool more, query.Step());
            if (!more) return schemas;
            schemas.push_back({query.Text(0), query.Text(1), query.Text(2)});
        }
    }

    Result<void> CreateSchema(const SchemaEntry &schema) override {
        std::lock_guard lock(mutex_);
        TARN_TRY(bool exists, SchemaExistsLocked(schema.catalog, schema.name));
        if (exists) {
            return Fail(ErrorKind::kAlreadyExists, "SCHEMA_ALREADY_EXISTS",
                        "Cannot create schema `" + schema.name + "` because it already exists.");
        }
        Statement insert(db_, "INSERT INTO schemas (catalog, name, comment) VALUES (?, ?, ?)");
        return insert.Bind(ToLower(schema.catalog)).Bind(ToLower(schema.name)).Bind(schema.comment).Run();
    }

    Result<void> DropSchema(const std::string &catalog, const std::string &schema) override {
        std::lock_guard lock(mutex_);
        TARN_TRY(bool exists, SchemaExistsLocked(catalog, schema));
        if (!exists) return SchemaNotFound(catalog, schema);
        Statement count(db_, "SELECT count(*) FROM tables WHERE catalog = ? AND schema = ?");
        TARN_CHECK(count.Bind(ToLower(catalog)).Bind(ToLower(schema)).Step());
        if (count.Integer(0) > 0) {
            return Fail(ErrorKind::kInvalidInput, "SCHEMA_NOT_EMPTY",
                        "Cannot drop schema `" + schema + "` because it contains " + std::to_string(count.Integer(0)) +
                            " tables or views. Add CASCADE to drop them too.");
        }
        Statement remove(db_, "DELETE FROM schemas WHERE catalog = ? AND name = ?");
        return remove.Bind(ToLower(catalog)).Bind(ToLower(schema)).Run();
    }

    Result<std::optional<TableEntry>> FindTable(const TableName &name) override {
        std::lock_guard lock(mutex_);
        Statement query(db_, (std::string(kTableColumns) + "WHERE catalog = ? AND schema = ? AND name = ?").c_str());
        query.Bind(ToLower(name.catalog)).Bind(ToLower(name.schema)).Bind(ToLower(name.table));
        TARN_TRY(bool found, query.Step());
        if (!found) return std::optional<TableEntry>();
        return std::optional(ReadTable(query, home_));
    }

    Result<std::vector<TableEntry>> ListTables(const std::string &catalog, const std::string &schema) override {
        std::lock_guard lock(mutex_);
        Statement query(db_, (std::string(kTableColumns) + "WHERE catalog = ? AND schema = ? ORDER BY name").c_str());
        query.Bind(ToLower(catalog)).Bind(ToLower(schema));
        std::vector<TableEntry> tables;
        while (true) {
            TARN_TRY(bool more, query.Step());
            if (!more) return tables;
            tables.push_back(ReadTable(query, home_));
        }
    }

    Result<void> PutTable(const TableEntry &entry, bool replace) override {
        std::lock_guard lock(mutex_);
        TARN_TRY(bool schema_exists, SchemaExistsLocked(entry.name.catalog, entry.name.schema));
        if (!schema_exists) return SchemaNotFound(entry.name.catalog, entry.name.schema);
        int64_t now = std::chrono::duration_cast<std::chrono::milliseconds>(
                          std::chrono::system_clock::now().time_since_epoch()).count();
        std::string sql = replace ? "INSERT OR REPLACE" : "INSERT";
        sql += " INTO tables VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";
        Statement insert(db_, sql.c_str());
        insert.Bind(ToLower(entry.name.catalog)).Bind(ToLower(entry.name.schema)).Bind(ToLower(entry.name.table));
        insert.Bind(ToString(entry.kind)).Bind(home_.Stored(entry.location)).Bind(entry.comment);
        insert.Bind(entry.view_text).Bind(entry.view_catalog).Bind(entry.view_schema);
        insert.Bind(json(entry.view_columns).dump()).Bind(json(entry.properties).dump());
        insert.Bind(entry.created_at_ms > 0 ? entry.created_at_ms : now);
        auto done = insert.Run();
        if (!done && done.error().kind == ErrorKind::kAlreadyExists) {
            return Fail(ErrorKind::kAlreadyExists, "TABLE_OR_VIEW_ALREADY_EXISTS",
                        "Cannot create table or view " + entry.name.ToQuoted() + " because it already exists. "
                        "Choose a different name, drop it, or add OR REPLACE or IF NOT EXISTS.");
        }
        return done;
    }

    Result<void> RemoveTable(const TableName &name) override {
        std::lock_guard lock(mutex_);
        return RemoveTableLocked(name);
    }

    Result<void> DropTable(const DroppedTable &dropped) override {
        std::lock_guard lock(mutex_);
        return InTransaction(db_, [&] { return DropTableLocked(dropped); });
    }

    Result<std::vector<DroppedTable>> ListDropped() override {
        std::lock_guard lock(mutex_);
        Statement query(db_, "SELECT catalog, schema, name, kind, location, comment, '', '', '', '', properties, created_at_ms, id, kept_at, "
                             "dropped_at_ms FROM dropped ORDER BY dropped_at_ms DESC, id");
        std::vector<DroppedTable> tables;
        while (true) {
            TARN_TRY(bool more, query.Step());
            if (!more) return tables;
            tables.push_back({query.Text(12), ReadTable(query, home_), home_.Full(query.Text(13)), query.Integer(14)});
        }
    }

    Result<void> ForgetDropped(const std::string &id) override {
        std::lock_guard lock(mutex_);
        Statement remove(db_, "DELETE FROM dropped WHERE id = ?");
        return remove.Bind(id).Run();
    }

    Result<void> NoteFilters(const std::string &location, const std::vector<std::string> &columns, int64_t day) override {
        std::lock_guard lock(mutex_);
        // A note that a power cut loses does no harm: nobody waits for the disk.
        auto run = [&](const char *sql) { sqlite3_exec(db_, sql, nullptr, nullptr, nullptr); };
        run("PRAGMA synchronous = OFF");
        auto noted = NoteEach(location, columns, day);
        run("PRAGMA synchronous = FULL");
        return noted;
    }

    Result<void> NoteEach(const std::string &location, const std::vector<std::string> &columns, int64_t day) {
        for (const std::string &column : columns) {
            Statement note(db_, "INSERT INTO filter_uses VALUES (?, ?, ?, 1) ON CONFLICT DO UPDATE SET uses = uses + 1");
            TARN_CHECK(note.Bind(home_.Stored(location)).Bind(column).Bind(day).Run());
        }
        return {};
    }

    Result<std::vector<std::pair<std::string, int64_t>>> FilterUses(const std::string &location, int64_t since_day) override {
        std::lock_guard lock(mutex_);
        Statement forget(db_, "DELETE FROM filter_uses WHERE location = ? AND day < ?");
        TARN_CHECK(forget.Bind(home_.Stored(location)).Bind(since_day).Run());
        Statement query(db_, "SELECT column_name, sum(uses) AS n FROM filter_uses WHERE location = ? AND day >= ? GROUP BY column_name ORDER BY n DESC, column_name");
        query.Bind(home_.Stored(location)).Bind(since_day);
        std::vector<std::pair<std::string, int64_t>> uses;
        while (true) {
            TARN_TRY(bool more, query.Step());
            if (!more) return uses;
            uses.emplace_back(query.Text(0), query.Integer(1));
        }
    }

    Result<void> StartManaging(const std::string &location, int64_t version) override {
        std::lock_guard lock(mutex_);
        Statement forget(db_, "DELETE FROM ratified WHERE location = ?");
        TARN_CHECK(forget.Bind(home_.Stored(location)).Run());
        Statement insert(db_, "INSERT OR REPLACE INTO managed (location, version) VALUES (?, ?)");
        return insert.Bind(home_.Stored(location)).Bind(version).Run();
    }

    Result<void> StopManaging(const std::string &location) override {
        std::lock_guard lock(mutex_);
        for (const char *sql : {"DELETE FROM ratified WHERE location = ?", "DELETE FROM managed WHERE location = ?"}) {
            Statement remove(db_, sql);
            TARN_CHECK(remove.Bind(home_.Stored(location)).Run());
        }
        return {};
    }

    Result<std::optional<ManagedCommits>> FindManaged(const std::string &location) override {
        std::lock_guard lock(mutex_);
        // One statement, so that version and commits are of one moment.
        Statement query(db_, "SELECT m.version, r.version, r.file FROM managed m LEFT JOIN ratified r ON r.location = m.location "
                             "WHERE m.location = ? ORDER BY r.version");
        query.Bind(home_.Stored(location));
        std::optional<ManagedCommits> found;
        while (true) {
            TARN_TRY(bool more, query.Step());
            if (!more) return found;
            if (!found) found.emplace().version = query.Integer(0);
            if (!query.Text(2).empty()) found->unpublished.push_back({location, query.Integer(1), query.Text(2)});
        }
    }

    Result<std::map<std::string, int64_t>> ManagedVersions() override {
        std::lock_guard lock(mutex_);
        Statement query(db_, "SELECT location, version FROM managed");
        std::map<std::string, int64_t> versions;
        while (true) {
            TARN_TRY(bool more, query.Step());
            if (!more) return versions;
            versions[home_.Full(query.Text(0))] = query.Integer(1);
        }
    }

    Result<bool> Ratify(const std::vector<StagedCommit> &commits) override {
        std::lock_guard lock(mutex_);
        TARN_CHECK(Statement(db_, "BEGIN IMMEDIATE").Run());
        Result<bool> ratified = RatifyLocked(commits);
        Result<void> ended = Statement(db_, ratified && *ratified ? "COMMIT" : "ROLLBACK").Run();
        if (ratified && !ended) {
            TARN_CHECK(Statement(db_, "ROLLBACK").Run());
            return Fail(std::move(ended).error());
        }
        return ratified;
    }

    Result<void> MarkPublished(const std::string &location, int64_t version) override {
        std::lock_guard lock(mutex_);
        Statement remove(db_, "DELETE FROM ratified WHERE location = ? AND version <= ?");
        return remove.Bind(home_.Stored(location)).Bind(version).Run();
    }

private:
    Result<void> RemoveTableLocked(const TableName &name) {
        Statement remove(db_, "DELETE FROM tables WHERE catalog = ? AND schema = ? AND name = ?");
        TARN_CHECK(remove.Bind(ToLower(name.catalog)).Bind(ToLower(name.schema)).Bind(ToLower(name.table)).Run());
        if (sqlite3_changes(db_) == 0) {
            return Fail(ErrorKind::kNotFound, "TABLE_OR_VIEW_NOT_FOUND",
                        "The table or view " + name.ToQuoted() + " cannot be found.");
        }
        return {};
    }

    Result<void> DropTableLocked(const DroppedTable &dropped) {
        const TableEntry &entry = dropped.entry;
        TARN_CHECK(RemoveTableLocked(entry.name));
        Statement insert(db_, "INSERT INTO dropped VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
        insert.Bind(dropped.id).Bind(ToLower(entry.name.catalog)).Bind(ToLower(entry.name.schema)).Bind(ToLower(entry.name.table));
        insert.Bind(ToString(entry.kind)).Bind(home_.Stored(entry.location)).Bind(entry.comment).Bind(json(entry.properties).dump());
        return insert.Bind(entry.created_at_ms).Bind(home_.Stored(dropped.kept_at)).Bind(dropped.dropped_at_ms).Run();
    }

    Result<bool> RatifyLocked(const std::vector<StagedCommit> &commits) {
        for (const StagedCommit &commit : commits) {
            Statement raise(db_, "UPDATE managed SET version = version + 1 WHERE location = ? AND version + 1 = ?");
            TARN_CHECK(raise.Bind(home_.Stored(commit.location)).Bind(commit.version).Run());
            if (sqlite3_changes(db_) == 0) return false;
            Statement insert(db_, "INSERT INTO ratified (location, version, file) VALUES (?, ?, ?)");
            TARN_CHECK(insert.Bind(home_.Stored(commit.location)).Bind(commit.version).Bind(commit.file).Run());
        }
        return true;
    }

    static std::unexpected<Error> SchemaNotFound(const std::string &catalog, const std::string &schema) {
        return Fail(ErrorKind::kNotFound, "SCHEMA_NOT_FOUND",
                    "The schema `" + catalog + "`.`" + schema + "` cannot be found. Verify the spelling, or create it "
                    "with CREATE SCHEMA.");
    }

    Result<bool> SchemaExistsLocked(const std::string &catalog, const std::string &schema) {
        Statement query(db_, "SELECT 1 FROM schemas WHERE catalog = ? AND name = ?");
        return query.Bind(ToLower(catalog)).Bind(ToLower(schema)).Step();
    }

    std::mutex mutex_;  // One connection, one statement at a time.
    sqlite3 *db_;
    const Home home_;
};

}  // namespace

std::string TableName::ToString() const { return catalog + "." + schema + "." + table; }
std::string TableName::ToQuoted() const { return "`" + catalog + "`.`" + schema + "`.`" + table + "`"; }

std::string_view ToString(TableKind kind) {
    for (auto &[known, text] : kKindNames) {
        if (known == kind) return text;
    }
    TARN_ASSERT(false);
}

Result<std::unique_ptr<Catalog>> Catalog::Open(const std::filesystem::path &root) {
    std::error_code failed;
    std::filesystem::create_directories(root, failed);
    std::filesystem::path file = root / "metastore.db";
    sqlite3 *db = nullptr;
    if (failed || sqlite3_open_v2(file.c_str(), &db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, nullptr) != SQLITE_OK) {
        std::string why = failed ? failed.message() : sqlite3_errmsg(db);
        sqlite3_close(db);
        return Fail(ErrorKind::kIo, "IO_ERROR", "Cannot open the metastore " + file.string() + ": " + why + ".");
    }
    const Home home(root);
    auto catalog = std::make_unique<SqliteCatalog>(db, home);
    sqlite3_busy_timeout(db, 10'000);  // Milliseconds: another process may be writing.
    int64_t version = 0;
    {
        // Ended before anything is written: a statement that stands at its row keeps others from committing.
        Statement question(db, "PRAGMA user_version");
        TARN_CHECK(question.Step());
        version = question.Integer(0);
    }
    if (version > kSchemaVersion) {
        return Fail(ErrorKind::kUnsupported, "FEATURE_NOT_SUPPORTED",
                    "The metastore " + file.string() + " was made by a newer version of Tarn.");
    }
    if (version < kSchemaVersion) TARN_CHECK(SetUp(db, home));
    return catalog;
}

std::vector<std::string> NearestNames(const std::string &name, const std::vector<std::string> &candidates, size_t count) {
    auto distance = [](const std::string &a, const std::string &b) {
        std::vector<size_t> row(b.size() + 1);
        for (size_t j = 0; j <= b.size(); j++) row[j] = j;
        for (size_t i = 1; i <= a.size(); i++) {
            size_t diagonal = row[0];
            row[0] = i;
            for (size_t j = 1; j <= b.size(); j++) {
                size_t substitute = diagonal + (a[i - 1] != b[j - 1]);
                diagonal = row[j];
                row[j] = std::min({row[j] + 1, row[j - 1] + 1, substitute});
            }
        }
        return row[b.size()];
    };
    std::string wanted = ToLower(name);
    std::vector<std::pair<size_t, std::string>> ranked;
    for (auto &candidate : candidates) {
        size_t edits = distance(wanted, ToLower(candidate));
        if (edits <= 1 + std::max(wanted.size(), candidate.size()) / 3) ranked.emplace_back(edits, candidate);
    }
    std::ranges::stable_sort(ranked, {}, [](auto &entry) { return entry.first; });
    std::vector<std::string> names;
    for (size_t i = 0; i < ranked.size() && i < count; i++) names.push_back(ranked[i].second);
    return names;
}

}  // namespace tarn::catalog
