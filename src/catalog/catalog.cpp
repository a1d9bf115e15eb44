#include "catalog/catalog.h"

#include <chrono>
#include <mutex>
#include <nlohmann/json.hpp>

#include "base/data_type.h"
#include "base/sqlite.h"

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

TableKind KindOf(std::string_view name) {
    for (auto &[kind, text] : kKindNames) {
        if (text == name) return kind;
    }
    return TableKind::kExternal;
}

constexpr const char *kTableColumns =
    "SELECT catalog, schema, name, kind, location, comment, view_text, view_catalog, view_schema, view_columns, "
    "properties, created_at_ms FROM tables ";

TableEntry ReadTable(const SqliteStatement &row, const Home &home) {
    TableEntry entry;
    entry.name = {row.TextAt(0), row.TextAt(1), row.TextAt(2)};
    entry.kind = KindOf(row.TextAt(3));
    entry.location = home.Full(row.TextAt(4));
    entry.comment = row.TextAt(5);
    entry.view_text = row.TextAt(6);
    entry.view_catalog = row.TextAt(7);
    entry.view_schema = row.TextAt(8);
    // Somebody else's hand in the file must not bring the process down: unreadable means absent.
    json columns = json::parse(row.TextAt(9), nullptr, false);
    if (columns.is_array()) {
        for (auto &column : columns) {
            if (column.is_string()) entry.view_columns.push_back(column);
        }
    }
    json properties = json::parse(row.TextAt(10), nullptr, false);
    if (properties.is_object()) {
        for (auto &[key, value] : properties.items()) {
            if (value.is_string()) entry.properties[key] = value;
        }
    }
    entry.created_at_ms = row.IntegerAt(11);
    return entry;
}

// Metastores before version 5 hold absolute locations.
Result<void> MakeRelative(SqliteFile &file, const Home &home) {
    auto update = [&](const std::string &table, const std::string &column) -> Result<void> {
        std::string sql = "UPDATE " + table + " SET " + column + " = substr(" + column + ", ?) WHERE substr(" + column + ", 1, ?) = ?";
        int64_t length = 0;
        for (unsigned char c : home.prefix()) length += (c & 0xc0) != 0x80;  // substr counts characters.
        return SqliteStatement(file, sql.c_str()).Integer(length + 1).Integer(length).Text(home.prefix()).Run();
    };
    for (auto &[table, column] : {std::pair("tables", "location"), {"managed", "location"}, {"ratified", "location"}, {"dropped", "location"},
                                  {"dropped", "kept_at"}, {"filter_uses", "location"}}) {
        TARN_CHECK(update(table, column));
    }
    return {};
}

// A new metastore, or one of an older version. Several processes may find that at once: it is done once, and as a whole,
// which also makes it durable once and not for each table.
Result<void> SetUp(SqliteFile &file, const Home &home) {
    return file.Atomically([&]() -> Result<void> {
        TARN_CHECK(file.Run(kCreate));
        TARN_CHECK(MakeRelative(file, home));
        return file.Run(("PRAGMA user_version = " + std::to_string(kSchemaVersion)).c_str());
    });
}

class SqliteCatalog final : public Catalog {
public:
    SqliteCatalog(std::unique_ptr<SqliteFile> file, Home home) : file_(std::move(file)), home_(std::move(home)) {}

    Result<std::vector<std::string>> ListCatalogs() override {
        std::lock_guard lock(mutex_);
        SqliteStatement query(*file_, "SELECT DISTINCT catalog FROM schemas ORDER BY 1");
        std::vector<std::string> names;
        TARN_CHECK(query.ForEach([&] { names.push_back(query.TextAt(0)); }));
        return names;
    }

    Result<bool> SchemaExists(const std::string &catalog, const std::string &schema) override {
        std::lock_guard lock(mutex_);
        return SchemaExistsLocked(catalog, schema);
    }

    Result<std::vector<SchemaEntry>> ListSchemas(const std::string &catalog) override {
        std::lock_guard lock(mutex_);
        SqliteStatement query(*file_, "SELECT catalog, name, comment FROM schemas WHERE catalog = ? ORDER BY name");
        query.Text(ToLower(catalog));
        std::vector<SchemaEntry> schemas;
        TARN_CHECK(query.ForEach([&] { schemas.push_back({query.TextAt(0), query.TextAt(1), query.TextAt(2)}); }));
        return schemas;
    }

    Result<void> CreateSchema(const SchemaEntry &schema) override {
        std::lock_guard lock(mutex_);
        SqliteStatement insert(*file_, "INSERT OR IGNORE INTO schemas (catalog, name, comment) VALUES (?, ?, ?)");
        TARN_CHECK(insert.Text(ToLower(schema.catalog)).Text(ToLower(schema.name)).Text(schema.comment).Run());
        if (file_->changes() > 0) return {};
        return Fail(ErrorKind::kAlreadyExists, "SCHEMA_ALREADY_EXISTS", "Cannot create schema `" + schema.name + "` because it already exists.");
    }

    Result<void> DropSchema(const std::string &catalog, const std::string &schema) override {
        std::lock_guard lock(mutex_);
        return file_->Atomically([&] { return DropSchemaLocked(catalog, schema); });
    }

    Result<std::optional<TableEntry>> FindTable(const TableName &name) override {
        std::lock_guard lock(mutex_);
        SqliteStatement query(*file_, (std::string(kTableColumns) + "WHERE catalog = ? AND schema = ? AND name = ?").c_str());
        query.Text(ToLower(name.catalog)).Text(ToLower(name.schema)).Text(ToLower(name.table));
        TARN_TRY(bool found, query.Step());
        if (!found) return std::optional<TableEntry>();
        return std::optional(ReadTable(query, home_));
    }

    Result<std::vector<TableEntry>> ListTables(const std::string &catalog, const std::string &schema) override {
        std::lock_guard lock(mutex_);
        SqliteStatement query(*file_, (std::string(kTableColumns) + "WHERE catalog = ? AND schema = ? ORDER BY name").c_str());
        query.Text(ToLower(catalog)).Text(ToLower(schema));
        std::vector<TableEntry> tables;
        TARN_CHECK(query.ForEach([&] { tables.push_back(ReadTable(query, home_)); }));
        return tables;
    }

    Result<void> PutTable(const TableEntry &entry, bool replace) override {
        std::lock_guard lock(mutex_);
        return file_->Atomically([&] { return PutTableLocked(entry, replace); });
    }

    Result<void> RemoveTable(const TableName &name) override {
        std::lock_guard lock(mutex_);
        return RemoveTableLocked(name);
    }

    Result<void> DropTable(const DroppedTable &dropped) override {
        std::lock_guard lock(mutex_);
        return file_->Atomically([&] { return DropTableLocked(dropped); });
    }

    Result<std::vector<DroppedTable>> ListDropped() override {
        std::lock_guard lock(mutex_);
        SqliteStatement query(*file_, "SELECT catalog, schema, name, kind, location, comment, '', '', '', '', properties, created_at_ms, id, kept_at, "
                             "dropped_at_ms FROM dropped ORDER BY dropped_at_ms DESC, id");
        std::vector<DroppedTable> tables;
        TARN_CHECK(query.ForEach([&] { tables.push_back({query.TextAt(12), ReadTable(query, home_), home_.Full(query.TextAt(13)), query.IntegerAt(14)}); }));
        return tables;
    }

    Result<void> ForgetDropped(const std::string &id) override {
        std::lock_guard lock(mutex_);
        SqliteStatement remove(*file_, "DELETE FROM dropped WHERE id = ?");
        return remove.Text(id).Run();
    }

    Result<void> NoteFilters(const std::string &location, const std::vector<std::string> &columns, int64_t day) override {
        std::lock_guard lock(mutex_);
        // A note that a power cut loses does no harm: nobody waits for the disk.
        TARN_CHECK(file_->Run("PRAGMA synchronous = OFF"));
        auto noted = NoteEach(location, columns, day);
        TARN_CHECK(file_->Run("PRAGMA synchronous = FULL"));
        return noted;
    }

    Result<std::vector<std::pair<std::string, int64_t>>> FilterUses(const std::string &location, int64_t since_day) override {
        std::lock_guard lock(mutex_);
        SqliteStatement forget(*file_, "DELETE FROM filter_uses WHERE location = ? AND day < ?");
        TARN_CHECK(forget.Text(home_.Stored(location)).Integer(since_day).Run());
        SqliteStatement query(*file_, "SELECT column_name, sum(uses) AS n FROM filter_uses WHERE location = ? AND day >= ? GROUP BY column_name ORDER BY n DESC, column_name");
        query.Text(home_.Stored(location)).Integer(since_day);
        std::vector<std::pair<std::string, int64_t>> uses;
        TARN_CHECK(query.ForEach([&] { uses.emplace_back(query.TextAt(0), query.IntegerAt(1)); }));
        return uses;
    }

    Result<void> StartManaging(const std::string &location, int64_t version) override {
        std::lock_guard lock(mutex_);
        return file_->Atomically([&]() -> Result<void> {
            TARN_CHECK(StopManagingLocked(location));
            SqliteStatement insert(*file_, "INSERT INTO managed (location, version) VALUES (?, ?)");
            return insert.Text(home_.Stored(location)).Integer(version).Run();
        });
    }

    Result<void> StopManaging(const std::string &location) override {
        std::lock_guard lock(mutex_);
        return file_->Atomically([&] { return StopManagingLocked(location); });
    }

    Result<std::optional<ManagedCommits>> FindManaged(const std::string &location) override {
        std::lock_guard lock(mutex_);
        // One statement, so that version and commits are of one moment.
        SqliteStatement query(*file_, "SELECT m.version, r.version, r.file FROM managed m LEFT JOIN ratified r ON r.location = m.location "
                             "WHERE m.location = ? ORDER BY r.version");
        query.Text(home_.Stored(location));
        std::optional<ManagedCommits> found;
        TARN_CHECK(query.ForEach([&] {
            if (!found) found.emplace().version = query.IntegerAt(0);
            if (!query.TextAt(2).empty()) found->unpublished.push_back({location, query.IntegerAt(1), query.TextAt(2)});
        }));
        return found;
    }

    Result<std::map<std::string, int64_t>> ManagedVersions() override {
        std::lock_guard lock(mutex_);
        SqliteStatement query(*file_, "SELECT location, version FROM managed");
        std::map<std::string, int64_t> versions;
        TARN_CHECK(query.ForEach([&] { versions[home_.Full(query.TextAt(0))] = query.IntegerAt(1); }));
        return versions;
    }

    Result<bool> Ratify(const std::vector<StagedCommit> &commits) override {
        std::lock_guard lock(mutex_);
        return file_->Atomically([&] { return RatifyLocked(commits); });
    }

    Result<void> MarkPublished(const std::string &location, int64_t version) override {
        std::lock_guard lock(mutex_);
        SqliteStatement remove(*file_, "DELETE FROM ratified WHERE location = ? AND version <= ?");
        return remove.Text(home_.Stored(location)).Integer(version).Run();
    }

private:
    Result<void> DropSchemaLocked(const std::string &catalog, const std::string &schema) {
        TARN_TRY(bool exists, SchemaExistsLocked(catalog, schema));
        if (!exists) return SchemaNotFound(catalog, schema);
        SqliteStatement count(*file_, "SELECT count(*) FROM tables WHERE catalog = ? AND schema = ?");
        TARN_CHECK(count.Text(ToLower(catalog)).Text(ToLower(schema)).Step());
        if (count.IntegerAt(0) > 0) {
            return Fail(ErrorKind::kInvalidInput, "SCHEMA_NOT_EMPTY",
                        "Cannot drop schema `" + schema + "` because it contains " + std::to_string(count.IntegerAt(0)) +
                            " tables or views. Add CASCADE to drop them too.");
        }
        SqliteStatement remove(*file_, "DELETE FROM schemas WHERE catalog = ? AND name = ?");
        return remove.Text(ToLower(catalog)).Text(ToLower(schema)).Run();
    }

    Result<void> PutTableLocked(const TableEntry &entry, bool replace) {
        TARN_TRY(bool schema_exists, SchemaExistsLocked(entry.name.catalog, entry.name.schema));
        if (!schema_exists) return SchemaNotFound(entry.name.catalog, entry.name.schema);
        int64_t now = std::chrono::duration_cast<std::chrono::milliseconds>(
                          std::chrono::system_clock::now().time_since_epoch()).count();
        std::string sql = replace ? "INSERT OR REPLACE" : "INSERT OR IGNORE";
        sql += " INTO tables VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";
        SqliteStatement insert(*file_, sql.c_str());
        insert.Text(ToLower(entry.name.catalog)).Text(ToLower(entry.name.schema)).Text(ToLower(entry.name.table));
        insert.Text(ToString(entry.kind)).Text(home_.Stored(entry.location)).Text(entry.comment);
        insert.Text(entry.view_text).Text(entry.view_catalog).Text(entry.view_schema);
        insert.Text(json(entry.view_columns).dump()).Text(json(entry.properties).dump());
        TARN_CHECK(insert.Integer(entry.created_at_ms > 0 ? entry.created_at_ms : now).Run());
        if (file_->changes() > 0) return {};
        return Fail(ErrorKind::kAlreadyExists, "TABLE_OR_VIEW_ALREADY_EXISTS",
                    "Cannot create table or view " + entry.name.ToQuoted() + " because it already exists. "
                    "Choose a different name, drop it, or add OR REPLACE or IF NOT EXISTS.");
    }

    Result<void> RemoveTableLocked(const TableName &name) {
        SqliteStatement remove(*file_, "DELETE FROM tables WHERE catalog = ? AND schema = ? AND name = ?");
        TARN_CHECK(remove.Text(ToLower(name.catalog)).Text(ToLower(name.schema)).Text(ToLower(name.table)).Run());
        if (file_->changes() == 0) {
            return Fail(ErrorKind::kNotFound, "TABLE_OR_VIEW_NOT_FOUND",
                        "The table or view " + name.ToQuoted() + " cannot be found.");
        }
        return {};
    }

    Result<void> DropTableLocked(const DroppedTable &dropped) {
        const TableEntry &entry = dropped.entry;
        TARN_CHECK(RemoveTableLocked(entry.name));
        SqliteStatement insert(*file_, "INSERT INTO dropped VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
        insert.Text(dropped.id).Text(ToLower(entry.name.catalog)).Text(ToLower(entry.name.schema)).Text(ToLower(entry.name.table));
        insert.Text(ToString(entry.kind)).Text(home_.Stored(entry.location)).Text(entry.comment).Text(json(entry.properties).dump());
        return insert.Integer(entry.created_at_ms).Text(home_.Stored(dropped.kept_at)).Integer(dropped.dropped_at_ms).Run();
    }

    Result<void> NoteEach(const std::string &location, const std::vector<std::string> &columns, int64_t day) {
        for (const std::string &column : columns) {
            SqliteStatement note(*file_, "INSERT INTO filter_uses VALUES (?, ?, ?, 1) ON CONFLICT DO UPDATE SET uses = uses + 1");
            TARN_CHECK(note.Text(home_.Stored(location)).Text(column).Integer(day).Run());
        }
        return {};
    }

    Result<void> StopManagingLocked(const std::string &location) {
        for (const char *sql : {"DELETE FROM ratified WHERE location = ?", "DELETE FROM managed WHERE location = ?"}) {
            SqliteStatement remove(*file_, sql);
            TARN_CHECK(remove.Text(home_.Stored(location)).Run());
        }
        return {};
    }

    Result<bool> RatifyLocked(const std::vector<StagedCommit> &commits) {
        for (const StagedCommit &commit : commits) {
            SqliteStatement raise(*file_, "UPDATE managed SET version = version + 1 WHERE location = ? AND version + 1 = ?");
            TARN_CHECK(raise.Text(home_.Stored(commit.location)).Integer(commit.version).Run());
            if (file_->changes() == 0) return false;
            SqliteStatement insert(*file_, "INSERT INTO ratified (location, version, file) VALUES (?, ?, ?)");
            TARN_CHECK(insert.Text(home_.Stored(commit.location)).Integer(commit.version).Text(commit.file).Run());
        }
        return true;
    }

    static std::unexpected<Error> SchemaNotFound(const std::string &catalog, const std::string &schema) {
        return Fail(ErrorKind::kNotFound, "SCHEMA_NOT_FOUND",
                    "The schema `" + catalog + "`.`" + schema + "` cannot be found. Verify the spelling, or create it "
                    "with CREATE SCHEMA.");
    }

    Result<bool> SchemaExistsLocked(const std::string &catalog, const std::string &schema) {
        SqliteStatement query(*file_, "SELECT 1 FROM schemas WHERE catalog = ? AND name = ?");
        return query.Text(ToLower(catalog)).Text(ToLower(schema)).Step();
    }

    std::mutex mutex_;  // One connection, one statement at a time.
    const std::unique_ptr<SqliteFile> file_;
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
    // Whoever may read the root's tables may read their names.
    TARN_TRY(std::unique_ptr<SqliteFile> file, SqliteFile::Open(root / "metastore.db", SqliteFile::kUsual));
    int64_t version = 0;
    {
        // Ended before anything is written: a statement that stands at its row keeps others from committing.
        SqliteStatement question(*file, "PRAGMA user_version");
        TARN_CHECK(question.Step());
        version = question.IntegerAt(0);
    }
    if (version > kSchemaVersion) {
        return Fail(ErrorKind::kUnsupported, "FEATURE_NOT_SUPPORTED",
                    "The metastore " + (root / "metastore.db").string() + " was made by a newer version of Tarn.");
    }
    Home home(root);
    if (version < kSchemaVersion) TARN_CHECK(SetUp(*file, home));
    return std::make_unique<SqliteCatalog>(std::move(file), std::move(home));
}

}  // namespace tarn::catalog
