#include "engine/internal/alter_properties.h"

#include <algorithm>

#include "delta/schema.h"
#include "delta/stats.h"
#include "delta/table_properties.h"
#include "delta/transaction.h"
#include "engine/internal/maintenance.h"

namespace tarn::engine {
namespace {

constexpr size_t kFilesPerCommit = 100'000;
constexpr int kBackfillAttempts = 10;

std::unexpected<Error> InvalidProperty(std::string_view condition, std::string message) {
    return Fail(ErrorKind::kInvalidInput, condition, std::move(message));
}

// Files written under a mapping cannot be read without it.
Result<void> CheckMappingChange(delta::ColumnMapping before, const delta::Metadata &metadata) {
    delta::ColumnMapping after = delta::ColumnMappingOf(metadata);
    if (before == after || (before == delta::ColumnMapping::kNone && after == delta::ColumnMapping::kName)) return {};
    return Fail(ErrorKind::kUnsupported, "DELTA_UNSUPPORTED_COLUMN_MAPPING_MODE_CHANGE",
                "delta.columnMapping.mode can be changed from 'none' to 'name' only.");
}

// Readers look there for the first commit that has a time of its own.
void ForgetCommitTimes(delta::Metadata &metadata) {
    if (metadata.BoolProperty("delta.enableInCommitTimestamps", false)) return;
    metadata.configuration.erase("delta.inCommitTimestampEnablementVersion");
    metadata.configuration.erase("delta.inCommitTimestampEnablementTimestamp");
}

Result<void> CheckReserved(const sql::Properties &properties) {
    for (auto &[key, value] : properties) {
        std::string lower = ToLower(key);
        if (lower == "location") return InvalidProperty("DELTA_CANNOT_CHANGE_LOCATION", "Cannot change the 'location' of the Delta table using SET TBLPROPERTIES. Please use ALTER TABLE SET LOCATION instead.");
        if (lower == "provider") return InvalidProperty("DELTA_CANNOT_CHANGE_PROVIDER", "'provider' is a reserved table property, and cannot be altered.");
        if (lower.starts_with("delta.constraints.")) return InvalidProperty("DELTA_ADD_CONSTRAINTS", "Please use ALTER TABLE ADD CONSTRAINT to add CHECK constraints.");
    }
    return {};
}

Result<void> CheckWish(const delta::ProtocolWish &wish, const delta::Protocol &current) {
    if (wish.features.contains("clustering") && !current.HasWriterFeature("clustering")) {
        return InvalidProperty("DELTA_ALTER_TABLE_SET_CLUSTERING_TABLE_FEATURE_NOT_ALLOWED",
                       "Cannot enable clustering table feature using ALTER TABLE SET TBLPROPERTIES. Please use ALTER TABLE … CLUSTER BY.");
    }
    if (wish.features.contains("catalogManaged") && !current.HasWriterFeature("catalogManaged")) {
        return Fail(ErrorKind::kUnsupported, "FEATURE_NOT_SUPPORTED", "A table can be managed by its catalog from its creation on only.");
    }
    return {};
}

}  // namespace

Result<std::optional<delta::Protocol>> SetProperties(delta::Metadata &metadata, const delta::Protocol &current, const sql::Properties &properties) {
    TARN_CHECK(CheckReserved(properties));
    TARN_TRY(delta::StringMap wanted, delta::CheckProperties({properties.begin(), properties.end()}));
    TARN_TRY(delta::ProtocolWish wish, delta::TakeProtocolProperties(wanted));
    TARN_CHECK(CheckWish(wish, current));
    delta::ColumnMapping before = delta::ColumnMappingOf(metadata);
    for (auto &[key, value] : wanted) {
        if (key == "comment") {
            metadata.description = value;
            continue;
        }
        // Another writer may have spelled it otherwise.
        if (key.starts_with("delta.")) std::erase_if(metadata.configuration, [&](auto &one) { return EqualsIgnoreCase(one.first, key); });
        metadata.configuration[key] = value;
    }
    TARN_CHECK(CheckMappingChange(before, metadata));
    TARN_CHECK(delta::CheckStatsColumns(metadata));
    delta::NameRowTrackingColumns(metadata);
    ForgetCommitTimes(metadata);
    delta::Protocol raised = delta::RaiseProtocol(current, wish);
    return raised == current ? std::nullopt : std::optional(std::move(raised));
}

Result<void> UnsetProperties(delta::Metadata &metadata, const std::string &table, const std::vector<std::string> &keys, bool if_exists) {
    delta::ColumnMapping before = delta::ColumnMappingOf(metadata);
    for (const std::string &key : keys) {
        if (ToLower(key).starts_with("delta.constraints.")) return InvalidProperty("DELTA_ADD_CONSTRAINTS", "Please use ALTER TABLE DROP CONSTRAINT to drop CHECK constraints.");
        if (key == "comment") {
            metadata.description.reset();
            continue;
        }
        size_t gone = std::erase_if(metadata.configuration, [&](auto &one) {
            return ToLower(key).starts_with("delta.") ? EqualsIgnoreCase(one.first, key) : one.first == key;
        });
        if (gone > 0 || if_exists) continue;
        Error error = MakeError(ErrorKind::kNotFound, "DELTA_UNSET_NON_EXISTENT_PROPERTY", "Attempted to unset non-existent property '" + key + "' in table " + table + ".");
        error.remedy = "Write UNSET TBLPROPERTIES IF EXISTS to pass over it.";
        return Fail(std::move(error));
    }
    ForgetCommitTimes(metadata);
    return CheckMappingChange(before, metadata);
}

bool StartsRowTracking(const delta::Metadata &metadata, const sql::Properties &properties) {
    if (metadata.BoolProperty("delta.enableRowTracking", false)) return false;
    return std::ranges::any_of(properties, [](auto &one) { return EqualsIgnoreCase(one.first, "delta.enableRowTracking") && EqualsIgnoreCase(one.second, "true"); });
}

Result<void> BackfillRowIds(StatementContext &context, const TargetTable &target) {
    SessionState &session = context.session();
    TARN_TRY(storage::ObjectStore * store, storage::StoreFor(target.location));
    delta::SnapshotPtr snapshot = target.snapshot;
    auto commit = [&](delta::Transaction &transaction, const char *operation, const OperationParameters &parameters, const OperationMetrics &metrics) {
        return CommitAndCheckpoint(session, transaction, target.location, operation, parameters, metrics);
    };
    if (!snapshot->protocol.HasWriterFeature("rowTracking")) {
        delta::Transaction transaction(*store, snapshot, session.engine.tables->OptionsFor(*snapshot));
        transaction.SetProtocol(delta::RaiseProtocol(snapshot->protocol, {{"rowTracking"}, 0, 0}));
        TARN_CHECK(commit(transaction, "UPGRADE PROTOCOL", {}, {}));
        TARN_TRY(snapshot, session.engine.tables->Load(target.location));
    }
    for (int attempt = 1;;) {
        std::vector<delta::FilePtr> files;
        for (const delta::FilePtr &file : snapshot->files) {
            if (!file->base_row_id && files.size() < kFilesPerCommit) files.push_back(file);
        }
        if (files.empty()) return {};
        delta::Transaction transaction(*store, snapshot, session.engine.tables->OptionsFor(*snapshot));
        for (const delta::FilePtr &file : files) {
            // Whoever removes or masks a file meanwhile must not find it back.
            transaction.ReadFile(*file);
            delta::AddFile same = *file;
            same.data_change = false;
            transaction.AddExisting(std::move(same));
        }
        auto done = commit(transaction, "ROW TRACKING BACKFILL", {{"batchId", std::to_string(attempt)}}, {{"numFiles", static_cast<int64_t>(files.size())}});
        if (!done && (done.error().kind != ErrorKind::kConflict || attempt++ == kBackfillAttempts)) return Fail(std::move(done).error());
        TARN_TRY(snapshot, session.engine.tables->Load(target.location));
    }
}

}  // namespace tarn::engine
