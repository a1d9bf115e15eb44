// RESTORE: a new version that has the files, schema and properties of an older one.
#include <algorithm>
#include <set>
#include <unordered_map>

#include "delta/clustering.h"
#include "delta/deletion_vector.h"
#include "delta/schema.h"
#include "engine/internal/maintenance.h"
#include "engine/internal/settings.h"
#include "engine/internal/statements.h"
#include "storage/object_reader.h"
#include "storage/path.h"

namespace tarn::engine {
namespace {

constexpr size_t kNamedFiles = 100;

// The version that is wanted, with RESTORE's own words when there is none.
Result<delta::SnapshotPtr> FindVersion(StatementContext &context, const TargetTable &target, const sql::TableRef &wanted) {
    auto found = context.SnapshotOf(target.location, &wanted);
    if (found) return found;
    Error error = std::move(found).error();
    if (error.condition == "DELTA_VERSION_NOT_FOUND") {
        error.message.replace(0, error.message.find(" to version"), "Cannot restore table");
        return Fail(ErrorKind::kInvalidInput, "DELTA_CANNOT_RESTORE_TABLE_VERSION", error.message);
    }
    if (error.condition == "DELTA_TIMESTAMP_GREATER_THAN_COMMIT") {
        return Fail(ErrorKind::kInvalidInput, "DELTA_CANNOT_RESTORE_TIMESTAMP_GREATER", "Cannot restore table. " + error.message);
    }
    if (error.condition == "DELTA_TIMESTAMP_EARLIER_THAN_COMMIT_RETENTION") {
        return Fail(ErrorKind::kInvalidInput, "DELTA_CANNOT_RESTORE_TIMESTAMP_EARLIER", "Cannot restore table. " + error.message);
    }
    return Fail(std::move(error));
}

// Every data file and vector must still be there: VACUUM may have taken them.
Result<void> CheckThere(storage::ObjectStore &store, const std::string &root, const std::vector<delta::FilePtr> &files, int64_t version) {
    std::vector<std::string> paths;
    for (const delta::FilePtr &file : files) {
        TARN_TRY(std::string path, storage::ResolveActionPath(root, file->path));
        paths.push_back(std::move(path));
        if (!file->deletion_vector) continue;
        TARN_TRY(auto vector, delta::DeletionVectorPath(root, *file->deletion_vector));
        if (vector) paths.push_back(*std::move(vector));
    }
    std::vector<char> missing(paths.size(), 0);
    storage::SideBySide(paths.size(), [&](size_t i) {
        auto owner = storage::StoreFor(paths[i]);  // Files of a shallow clone lie elsewhere.
        auto info = owner ? (*owner)->Head(paths[i]) : store.Head(paths[i]);
        missing[i] = !info && info.error().kind == ErrorKind::kNotFound;
    });
    std::string names;
    size_t count = 0;
    for (size_t i = 0; i < paths.size(); i++) {
        if (missing[i] && count++ < kNamedFiles) names += (names.empty() ? "" : ", ") + storage::ActionPathKey(root, paths[i]);
    }
    if (count == 0) return {};
    Error error = MakeError(ErrorKind::kNotFound, "DELTA_FILE_NOT_FOUND",
                            "Not all files from version " + std::to_string(version) + " are available in file system. Missed files (top " +
                                std::to_string(kNamedFiles) + " files): " + names + ".");
    error.remedy = "Please use more recent version or timestamp for restoring. To restore what is left, SET spark.sql.files.ignoreMissingFiles = true.";
    return Fail(std::move(error));
}

// Identity columns go on from where they are, too.
void KeepHighWaterMarks(const delta::Metadata &now, delta::Metadata &then) {
    constexpr const char *kMark = "delta.identity.highWaterMark";
    bool changed = false;
    for (Field &field : then.schema.fields) {
        const Field *ours = now.schema.FindField(field.name);
        auto step = delta::MetadataInt(field, "delta.identity.step");
        if (!ours || !step) continue;
        auto mark = delta::MetadataInt(*ours, kMark), old = delta::MetadataInt(field, kMark);
        if (!mark || (old && (*step > 0 ? *old >= *mark : *old <= *mark))) continue;
        field.metadata[kMark] = std::to_string(*mark);
        changed = true;
    }
    if (changed) then.schema_string = delta::SchemaToJson(then.schema);
}

}  // namespace

Result<ResultPtr> Execute(SessionState &session, const sql::Restore &statement) {
    StatementContext context(session);
    TARN_TRY(TargetTable target, context.FindTarget(statement.table.name, statement.table.is_path));
    TARN_TRY(delta::SnapshotPtr then, FindVersion(context, target, statement.table));
    const delta::SnapshotPtr &now = target.snapshot;
    TARN_CHECK(then->files.rows().LoadStats());
    TARN_TRY(storage::ObjectStore * store, storage::StoreFor(target.location));

    auto key = [&](const delta::AddFile &file) { return delta::FileKey(target.location, file.path, file.deletion_vector); };
    std::unordered_map<std::string, delta::FilePtr> current;
    for (const delta::FilePtr &file : now->files) current.emplace(key(*file), file);
    std::vector<delta::FilePtr> restored;
    OperationMetrics metrics = {{"tableSizeAfterRestore", 0}, {"numOfFilesAfterRestore", 0}, {"numRestoredFiles", 0},
                                {"restoredFilesSize", 0}, {"numRemovedFiles", 0}, {"removedFilesSize", 0}};
    for (const delta::FilePtr &file : then->files) {
        metrics["tableSizeAfterRestore"] += file->size;
        metrics["numOfFilesAfterRestore"]++;
        if (current.erase(key(*file)) > 0) continue;
        metrics["numRestoredFiles"]++;
        metrics["restoredFilesSize"] += file->size;
        restored.push_back(file);
    }
    for (auto &[path, file] : current) {
        metrics["numRemovedFiles"]++;
        metrics["removedFilesSize"] += file->size;
    }
    if (!BoolSetting(session, "spark.sql.files.ignoreMissingFiles", false)) {
        TARN_CHECK(CheckThere(*store, target.location, restored, then->version));
    }

    delta::Transaction transaction(*store, now, session.engine.tables->OptionsFor(*now));
    transaction.ReadTable();
    transaction.AllowEmpty();
    delta::Protocol protocol = JoinedProtocol(now->protocol, then->protocol);
    if (!(protocol == now->protocol)) transaction.SetProtocol(protocol);
    delta::Metadata metadata = then->metadata;
    metadata.id = now->metadata.id;
    KeepHighWaterMarks(now->metadata, metadata);
    bool same = metadata.schema_string == now->metadata.schema_string && metadata.configuration == now->metadata.configuration &&
                metadata.partition_columns == now->metadata.partition_columns && metadata.description == now->metadata.description &&
                metadata.name == now->metadata.name;
    if (!same) transaction.SetMetadata(std::move(metadata));
    ReplaceDomains(*now, *then, transaction);
    for (auto &[path, file] : current) transaction.Remove(*file);
    for (const delta::FilePtr &file : restored) {
        delta::AddFile add = *file;
        add.data_change = true;
        transaction.AddExisting(std::move(add));
    }
    OperationParameters parameters;
    if (statement.table.version) parameters["version"] = std::to_string(*statement.table.version);
    if (statement.table.timestamp) parameters["timestamp"] = sql::ColumnNameOf(*statement.table.timestamp);
    TARN_CHECK(CommitAndCheckpoint(session, transaction, target.location, "RESTORE", parameters, metrics));
    return CountsResult({{"table_size_after_restore", metrics["tableSizeAfterRestore"]},
                         {"num_of_files_after_restore", metrics["numOfFilesAfterRestore"]},
                         {"num_removed_files", metrics["numRemovedFiles"]},
                         {"num_restored_files", metrics["numRestoredFiles"]},
                         {"removed_files_size", metrics["removedFilesSize"]},
                         {"restored_files_size", metrics["restoredFilesSize"]}});
}

}  // namespace tarn::engine
