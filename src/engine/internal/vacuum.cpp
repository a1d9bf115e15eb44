// VACUUM: deletes files that no version within the retention needs.
#include "delta/vacuum.h"

#include <cmath>
#include <filesystem>

#include "engine/internal/dropped.h"
#include "engine/internal/duck_run.h"
#include "engine/internal/maintenance.h"
#include "engine/internal/settings.h"
#include "engine/internal/statements.h"
#include "storage/path.h"

namespace tarn::engine {
namespace {

constexpr int64_t kHour = 3600 * 1000;
constexpr int64_t kDefaultRetention = 7 * 24 * kHour;
constexpr size_t kShownFiles = 1000;  // Of DRY RUN, as in Spark.

Result<int64_t> RetentionOf(const SessionState &session, const sql::Vacuum &statement, int64_t configured_ms) {
    if (!statement.retain_hours) return configured_ms;
    if (*statement.retain_hours < 0) {
        return Fail(ErrorKind::kInvalidInput, "DELTA_VACUUM_RETENTION_PERIOD_NEGATIVE", "Retention period for Vacuum can't be less than 0 hours.");
    }
    auto wanted = static_cast<int64_t>(std::llround(*statement.retain_hours * static_cast<double>(kHour)));
    if (wanted >= configured_ms || !BoolSetting(session, "spark.databricks.delta.retentionDurationCheck.enabled", true)) return wanted;
    Error error = MakeError(ErrorKind::kInvalidInput, "DELTA_VACUUM_RETENTION_PERIOD_TOO_SHORT",
                            "The specified VACUUM retention period is too low and may corrupt this Delta table if any writes are in progress: "
                            "a retention period of at least " + std::to_string(configured_ms / kHour) + " hours is needed.");
    error.remedy = "If nothing else writes to the table, switch the check off: SET spark.databricks.delta.retentionDurationCheck.enabled = false.";
    return Fail(std::move(error));
}

// An inventory's rows: path, length, isDir, modificationTime (milliseconds).
Result<std::vector<storage::ObjectInfo>> ReadInventory(StatementContext &context, const sql::Relation &relation, const std::string &root) {
    TARN_TRY(std::string from, context.From(relation));
    TARN_TRY(auto rows, RunToEnd(context.session().connection,
                                 "SELECT CAST(path AS VARCHAR), CAST(length AS BIGINT), CAST(\"isDir\" AS BOOLEAN), "
                                 "CAST(\"modificationTime\" AS BIGINT) FROM " + from));
    std::vector<storage::ObjectInfo> files;
    for (size_t row = 0; row < rows->RowCount(); row++) {
        if (rows->GetValue(0, row).IsNull() || rows->GetValue(3, row).IsNull()) continue;
        if (!rows->GetValue(2, row).IsNull() && rows->GetValue(2, row).GetValue<bool>()) continue;
        std::string text = rows->GetValue(0, row).ToString();
        bool relative = !text.starts_with('/') && storage::SchemeOf(text).empty();
        TARN_TRY(std::string path, storage::CanonicalPath(relative ? storage::JoinPath(root, text) : text));
        int64_t size = rows->GetValue(1, row).IsNull() ? 0 : rows->GetValue(1, row).GetValue<int64_t>();
        files.push_back({std::move(path), size, rows->GetValue(3, row).GetValue<int64_t>()});
    }
    return files;
}

Result<void> LogVacuum(SessionState &session, const std::string &location, const std::string &operation,
                       const OperationParameters &parameters, const OperationMetrics &metrics) {
    TARN_TRY(storage::ObjectStore * store, storage::StoreFor(location));
    TARN_TRY(delta::SnapshotPtr snapshot, session.engine.tables->Load(location));
    delta::Transaction transaction(*store, snapshot, session.engine.tables->OptionsFor(*snapshot));
    transaction.AllowEmpty();
    TARN_CHECK(CommitAndCheckpoint(session, transaction, location, operation, parameters, metrics));
    return {};
}

}  // namespace

Result<ResultPtr> Execute(SessionState &session, const sql::Vacuum &statement) {
    StatementContext context(session);
    TARN_TRY(TargetTable target, context.FindTarget(statement.table, statement.is_path));
    TARN_CHECK(RemoveExpired(session));
    const delta::Snapshot &snapshot = *target.snapshot;
    int64_t configured = snapshot.metadata.IntervalProperty("delta.deletedFileRetentionDuration", kDefaultRetention);
    TARN_TRY(int64_t retention, RetentionOf(session, statement, configured));
    int64_t cutoff = delta::NowMs() - retention;
    TARN_TRY(storage::ObjectStore * store, storage::StoreFor(target.location));

    delta::VacuumPlan plan;
    if (statement.inventory) {
        TARN_TRY(auto listed, ReadInventory(context, *statement.inventory, target.location));
        TARN_TRY(plan, delta::PlanFullVacuum(*store, snapshot, cutoff, &listed));
    } else if (statement.lite) {
        TARN_TRY(plan, delta::PlanLiteVacuum(*store, snapshot, cutoff));
    } else {
        TARN_TRY(plan, delta::PlanFullVacuum(*store, snapshot, cutoff));
    }
    std::vector<Column> columns = {{"path", DataType::Of(TypeKind::kString)}};
    if (statement.dry_run) {
        std::vector<std::vector<std::optional<std::string>>> rows;
        for (auto &file : plan.files) {
            if (rows.size() < kShownFiles) rows.push_back({file.path});
        }
        return RowsResult(std::move(columns), std::move(rows));
    }
    bool checked = BoolSetting(session, "spark.databricks.delta.retentionDurationCheck.enabled", true);
    OperationParameters parameters = {{"retentionCheckEnabled", checked ? "true" : "false"},
                                      {"defaultRetentionMillis", std::to_string(configured)}};
    if (statement.retain_hours) parameters["specifiedRetentionMillis"] = std::to_string(retention);
    bool logged = BoolSetting(session, "spark.databricks.delta.vacuum.logging.enabled", true);
    if (logged) {
        TARN_CHECK(LogVacuum(session, target.location, "VACUUM START", parameters,
                             {{"numFilesToDelete", static_cast<int64_t>(plan.files.size())}, {"sizeOfDataToDelete", plan.Bytes()}}));
    }
    std::vector<std::string> paths;
    for (auto &file : plan.files) paths.push_back(file.path);
    Result<void> deleted = store->DeleteMany(paths);
    std::error_code ignored;
    // Removes only what is empty, whoever was faster.
    for (const std::string &directory : plan.empty_directories) std::filesystem::remove(directory, ignored);
    if (logged) {
        TARN_CHECK(LogVacuum(session, target.location, "VACUUM END", {{"status", deleted ? "COMPLETED" : "FAILED"}},
                             {{"numDeletedFiles", deleted ? static_cast<int64_t>(paths.size()) : 0}, {"numVacuumedDirectories", plan.directories}}));
    }
    TARN_CHECK(deleted);
    if (!statement.inventory) delta::RememberVacuum(*store, snapshot, cutoff);
    return RowsResult(std::move(columns), {{target.location}});
}

}  // namespace tarn::engine
