#include "engine/internal/dropped.h"

#include <filesystem>

#include "delta/transaction.h"
#include "engine/internal/statements.h"
#include "storage/path.h"

namespace tarn::engine {
namespace {

namespace fs = std::filesystem;
using catalog::DroppedTable;
using duckdb::LogicalType;
using duckdb::Value;

constexpr int64_t kKeptMs = int64_t{7} * 24 * 3600 * 1000;
constexpr const char *kFolder = "/__dropped/";

// Local folders only. Within one warehouse, so that it is one step.
Result<void> MoveFolder(const std::string &from, const std::string &to) {
    std::error_code failed;
    fs::create_directories(fs::path(to).parent_path(), failed);
    if (!failed) fs::rename(from, to, failed);
    if (!failed) return {};
    return Fail(ErrorKind::kIo, "IO_ERROR", "Cannot move " + from + " to " + to + ": " + failed.message() + ".");
}

Result<void> RemoveForGood(SessionState &session, const DroppedTable &dropped) {
    TARN_TRY(storage::ObjectStore * store, storage::StoreFor(dropped.kept_at));
    TARN_CHECK(store->DeleteAll(dropped.kept_at));
    return session.engine.catalog->ForgetDropped(dropped.id);
}

bool Is(const DroppedTable &dropped, const catalog::TableName &name) {
    const catalog::TableName &was = dropped.entry.name;
    return EqualsIgnoreCase(was.catalog, name.catalog) && EqualsIgnoreCase(was.schema, name.schema) && EqualsIgnoreCase(was.table, name.table);
}

}  // namespace

Result<bool> CanSetAside(SessionState &session, const catalog::TableEntry &entry) {
    if (entry.kind != catalog::TableKind::kManaged || !session.engine.IsInWarehouse(entry.location)) return false;
    TARN_TRY(auto managed, session.engine.catalog->FindManaged(entry.location));
    return !managed;
}

Result<void> SetAside(SessionState &session, const catalog::TableEntry &entry) {
    DroppedTable dropped{delta::NewUuid(), entry, entry.location, delta::NowMs()};
    bool moves = storage::IsLocalPath(entry.location);
    if (moves) dropped.kept_at = session.engine.warehouse + kFolder + dropped.id;
    session.engine.tables->Forget(entry.location);
    // The metastore first: a table without its folder would be worse than a folder without its table.
    TARN_CHECK(session.engine.catalog->DropTable(dropped));
    if (moves) TARN_CHECK(MoveFolder(entry.location, dropped.kept_at));
    return RemoveExpired(session);
}

Result<void> RemoveExpired(SessionState &session) {
    TARN_TRY(auto all, session.engine.catalog->ListDropped());
    for (const DroppedTable &dropped : all) {
        if (dropped.dropped_at_ms < delta::NowMs() - kKeptMs) TARN_CHECK(RemoveForGood(session, dropped));
    }
    return {};
}

Result<void> FreePlace(SessionState &session, const std::string &location) {
    TARN_TRY(auto all, session.engine.catalog->ListDropped());
    for (const DroppedTable &dropped : all) {
        if (dropped.kept_at == location) TARN_CHECK(RemoveForGood(session, dropped));
    }
    return {};
}

Result<ResultPtr> Execute(SessionState &session, const sql::Undrop &statement) {
    TARN_CHECK(RemoveExpired(session));
    StatementContext context(session);
    TARN_TRY(auto all, session.engine.catalog->ListDropped());
    catalog::TableName name;
    if (statement.id.empty()) { TARN_TRY(name, context.FullName(statement.name)); }
    const DroppedTable *found = nullptr;  // Newest first.
    for (const DroppedTable &dropped : all) {
        if (!found && (statement.id.empty() ? Is(dropped, name) : dropped.id == statement.id)) found = &dropped;
    }
    if (!found) {
        Error error = MakeError(ErrorKind::kNotFound, "TABLE_OR_VIEW_NOT_FOUND", "There is no dropped table " + (statement.id.empty() ? name.ToQuoted() : "with the id " + statement.id) + ".");
        error.remedy = "SHOW TABLES DROPPED lists those that can be had back: managed tables, for seven days.";
        return Fail(std::move(error));
    }
    catalog::TableEntry entry = found->entry;
    TARN_TRY(auto taken, session.engine.catalog->FindTable(entry.name));
    if (taken) return Fail(session.engine.catalog->PutTable(entry, false).error());
    std::error_code ignored;
    if (found->kept_at != entry.location) {
        // A crash may have left the folder where it was.
        bool stays = fs::exists(entry.location, ignored);
        if (!stays) TARN_CHECK(MoveFolder(found->kept_at, entry.location));
        else if (fs::exists(found->kept_at, ignored)) entry.location = found->kept_at;
    }
    TARN_CHECK(session.engine.catalog->PutTable(entry, false));
    TARN_CHECK(session.engine.catalog->ForgetDropped(found->id));
    return NoRows();
}

Result<ResultPtr> ShowDropped(SessionState &session, const std::string &catalog, const std::string &schema, std::optional<int64_t> limit) {
    TARN_CHECK(RemoveExpired(session));
    TARN_TRY(auto all, session.engine.catalog->ListDropped());
    auto time = [](int64_t milliseconds) { return Value::TIMESTAMPTZ(duckdb::timestamp_tz_t(milliseconds * 1000)); };
    std::vector<std::vector<Value>> rows;
    for (const DroppedTable &dropped : all) {
        const catalog::TableEntry &entry = dropped.entry;
        if (!EqualsIgnoreCase(entry.name.catalog, catalog) || !EqualsIgnoreCase(entry.name.schema, schema)) continue;
        if (limit && static_cast<int64_t>(rows.size()) >= *limit) break;
        rows.push_back({Value(entry.name.catalog), Value(entry.name.schema), Value(entry.name.table), Value(dropped.id), Value(std::string(ToString(entry.kind))),
                        time(dropped.dropped_at_ms), time(entry.created_at_ms), entry.comment.empty() ? Value(LogicalType::VARCHAR) : Value(entry.comment)});
    }
    return ValuesResult({{"catalogName", LogicalType::VARCHAR}, {"schemaName", LogicalType::VARCHAR}, {"tableName", LogicalType::VARCHAR},
                         {"tableId", LogicalType::VARCHAR}, {"tableType", LogicalType::VARCHAR}, {"deletedAt", LogicalType::TIMESTAMP_TZ},
                         {"createdAt", LogicalType::TIMESTAMP_TZ}, {"comment", LogicalType::VARCHAR}}, std::move(rows));
}

}  // namespace tarn::engine
