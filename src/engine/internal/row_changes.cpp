// How rows leave a table, and how one pass over the changes writes new rows and finds the old ones.
#include <algorithm>
#include <set>

#include "delta/schema.h"
#include "engine/internal/duck_error.h"
#include "engine/internal/duck_run.h"
#include "engine/internal/row_tracking.h"
#include "engine/internal/settings.h"
#include "engine/internal/table_change.h"
#include "engine/internal/types.h"

namespace tarn::engine {
namespace {

// Table features in the protocol are not enough: the property says whether writers make vectors.
bool UsesDeletionVectors(const delta::Snapshot &snapshot) {
    return snapshot.protocol.HasWriterFeature("deletionVectors") &&
           snapshot.metadata.BoolProperty("delta.enableDeletionVectors", false);
}

// The condition that keeps the rows to write, and notes each row.
std::string MarkCondition(uint64_t handle) {
    return "tarn_mark(" + std::to_string(handle) + "::UBIGINT, CAST(__tarn_action AS UINTEGER), CAST(__tarn_file AS UBIGINT), "
           "CAST(__tarn_row AS UBIGINT))";
}

}  // namespace

Result<std::shared_ptr<RowMarks>> TableChange::Apply(const std::string &changes_sql, std::vector<RowEffect> effects, bool repeats,
                                                     const MissingValues &missing, bool notes_reads) {
    bool writes = std::ranges::any_of(effects, [](RowEffect effect) { return effect != RowEffect::kDelete; });
    auto marks = std::make_shared<RowMarks>(std::move(effects), FeedsChanges(), notes_reads);
    RowMarkers::Lease lease(session_.engine.markers, marks);
    std::string rows = " FROM (" + changes_sql + ") WHERE " + MarkCondition(lease.handle());
    auto start = std::chrono::steady_clock::now();
    if (writes) {
        WriteOptions options;
        options.missing = missing;
        options.updates = true;
        TARN_CHECK(WriteRows("SELECT *" + rows, options));
    } else {
        TARN_CHECK(RunToEnd(session_.connection, "SELECT count(*)" + rows));
    }
    // One pass finds and writes; the history's two times cannot be told apart then.
    if (!writes) scan_ms_ += std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - start).count();
    int64_t marked = marks->Count(RowEffect::kUpdate) + marks->Count(RowEffect::kDelete);
    if (!repeats && marks->DistinctRows() != marked) {
        Error error = MakeError(ErrorKind::kInvalidInput, "DELTA_MULTIPLE_SOURCE_ROW_MATCHING_TARGET_ROW_IN_MERGE",
                                "Cannot perform Merge as multiple source rows matched and attempted to modify the same target row in "
                                "the Delta table in possibly conflicting ways.");
        error.remedy = "Keep one source row for each key before merging.";
        return Fail(std::move(error));
    }
    if (FeedsChanges()) TARN_CHECK(WriteChanges(*marks));
    TARN_CHECK(MaskFiles(marks->rows()));
    for (auto &[index, rows] : marks->reads()) read_.push_back({snapshot_->files.at(index), std::move(rows), scan_->files.SharedDeleted(index)});
    return marks;
}

// One spelling for each partition: other writers write times with T and Z, and '' for NULL.
static std::vector<std::string> PartitionKey(const delta::Metadata &metadata, const delta::AddFile &file) {
    std::vector<std::string> key;
    for (const std::string &column : metadata.partition_columns) {
        const Field *field = metadata.schema.FindField(column);
        auto found = file.partition_values.find(field ? delta::PhysicalName(*field) : column);
        bool null = found == file.partition_values.end() || !found->second || found->second->empty();
        key.push_back(null ? "" : *found->second);
        duckdb::Value value;
        std::string error;
        if (null || !field || field->type.kind == TypeKind::kString || field->type.kind == TypeKind::kBinary) continue;
        auto type = ToLogicalType(field->type);
        if (type && duckdb::Value(key.back()).DefaultTryCastAs(*type, value, &error)) key.back() = value.ToString();
    }
    return key;
}

void TableChange::ReplaceWrittenPartitions() {
    std::set<std::vector<std::string>> written;
    for (const delta::AddFile &file : added_) written.insert(PartitionKey(metadata_, file));
    for (size_t i = 0; i < snapshot_->files.size(); i++) {
        delta::FilePtr file = snapshot_->files.at(i);
        if (written.contains(PartitionKey(metadata_, *file))) removed_.push_back(std::move(file));
    }
    // Rows that somebody else adds to these partitions meanwhile would survive.
    reads_table_ = true;
}

void TableChange::DeclareReads(delta::Transaction &transaction) {
    // A subquery over the table itself may have looked at any row.
    if (reads_table_ || (snapshot_ && context_.Reads(location_))) return transaction.ReadTable();
    for (auto &read : read_) transaction.ReadRows(*read.file, std::move(read.rows));
    if (probe_) transaction.ReadNewRows([this](const std::vector<delta::AddFile> &added) { return WouldRead(added); });
}

bool TableChange::WouldRead(const std::vector<delta::AddFile> &added) {
    std::vector<delta::FilePtr> files;
    for (const delta::AddFile &file : added) files.push_back(std::make_shared<const delta::AddFile>(file));
    auto scan = ScanOfFiles(*snapshot_, files);
    if (!scan) return true;
    auto rows = RunToEnd(session_.connection, "SELECT 1 FROM (" + probe_(context_.ScanText(*std::move(scan))) + ") LIMIT 1");
    return !rows || (*rows)->RowCount() > 0;
}

Result<int64_t> TableChange::DeleteRows(const std::string &row_sql) {
    TARN_TRY(auto marks, Apply("SELECT 0 AS __tarn_action, __tarn_file, __tarn_row FROM (" + row_sql + ")", {RowEffect::kDelete}, true));
    return marks->DistinctRows();
}

Result<void> TableChange::MaskFiles(const std::map<uint64_t, delta::DeletionVector> &rows_by_file) {
    bool uses_vectors = UsesDeletionVectors(*snapshot_);
    std::vector<delta::FilePtr> files;
    std::vector<delta::DeletionVector> vectors;
    for (auto &[index, rows] : rows_by_file) {
        const delta::FilePtr &file = snapshot_->files.at(index);
        const ScanFile scanned = scan_->files.at(index);
        delta::DeletionVector vector = scanned.deleted ? scanned.deleted->Clone() : delta::DeletionVector();
        vector.Union(rows);
        if (scanned.row_count >= 0 && vector.Cardinality() == static_cast<uint64_t>(scanned.row_count)) {
            removed_.push_back(file);
            continue;
        }
        if (uses_vectors) {
            masked_.push_back({file, rows.Clone(), scanned.deleted});
            continue;
        }
        files.push_back(file);
        vectors.push_back(std::move(vector));
    }
    if (files.empty()) return {};
    // Copy on write: the rows that stay, in new files.
    TARN_TRY(std::shared_ptr<TableScan> rest, ScanOfFiles(*snapshot_, files));
    for (size_t i = 0; i < files.size(); i++) {
        rest->files.Mask(i, std::make_shared<const delta::DeletionVector>(std::move(vectors[i])));
    }
    TARN_TRY(int64_t copied, WriteAsIs(std::move(rest)));
    copied_rows_ += copied;
    removed_.insert(removed_.end(), files.begin(), files.end());
    return {};
}

Result<int64_t> TableChange::WriteAsIs(std::shared_ptr<TableScan> rows) {
    DataType schema = rows->schema;
    auto tracking = RowTrackingOf(snapshot_->metadata);
    ExtraColumns extra;
    std::string ids, more;
    if (tracking) {
        more = ", __tarn_row_id, __tarn_row_version";
        ids = ", " + sql::RowMetadata("", "row_id") + " AS __tarn_row_id, " + sql::RowMetadata("", "row_commit_version") + " AS __tarn_row_version";
        extra.emplace_back(Field{tracking->id_column, DataType::Of(TypeKind::kLong)}, "__tarn_row_id");
        extra.emplace_back(Field{tracking->version_column, DataType::Of(TypeKind::kLong)}, "__tarn_row_version");
    }
    std::string scan = "SELECT *" + ids + " FROM " + context_.ScanText(std::move(rows));
    TARN_TRY(WrittenFiles written, WriteData(ProjectTo(metadata_.schema, schema, scan, {}, more), extra));
    return written.rows;
}

Result<void> TableChange::WriteChanges(const RowMarks &marks) {
    std::map<uint64_t, delta::DeletionVector> updated, deleted;
    bool whole_files = marks.updated_rows().empty();
    for (auto &[index, rows] : marks.rows()) {
        delta::DeletionVector rest = rows.Clone();
        auto also = marks.updated_rows().find(index);
        if (also != marks.updated_rows().end()) {
            rest.Subtract(also->second);
            updated.emplace(index, also->second.Clone());
        }
        const ScanFile file = scan_->files.at(index);
        int64_t before = file.deleted ? static_cast<int64_t>(file.deleted->Cardinality()) : 0;
        whole_files = whole_files && file.row_count >= 0 && before + static_cast<int64_t>(rows.Cardinality()) == file.row_count;
        if (!rest.Empty()) deleted.emplace(index, std::move(rest));
    }
    // Files that go as a whole speak for themselves.
    if (whole_files) return {};
    std::string text;
    auto add = [&](const std::map<uint64_t, delta::DeletionVector> &rows, const char *change) -> Result<void> {
        if (rows.empty()) return {};
        std::vector<delta::FilePtr> files;
        for (auto &[index, vector] : rows) files.push_back(snapshot_->files.at(index));
        TARN_TRY(std::shared_ptr<TableScan> scan, ScanOfFiles(*snapshot_, files));
        size_t i = 0;
        for (auto &[index, vector] : rows) {
            int64_t rows_of_file = scan->files.RowCount(i);
            uint64_t count = rows_of_file >= 0 ? static_cast<uint64_t>(rows_of_file) : uint64_t{1} << 32;
            scan->files.Mask(i++, std::make_shared<const delta::DeletionVector>(vector.Complement(count)));
        }
        DataType schema = scan->schema;
        text += (text.empty() ? "" : " UNION ALL ") + ProjectTo(metadata_.schema, schema, "SELECT * FROM " + context_.ScanText(std::move(scan)), {},
                                                               std::string(", '") + change + "' AS _change_type");
        return {};
    };
    TARN_CHECK(add(updated, "update_preimage"));
    TARN_CHECK(add(deleted, "delete"));
    FileLayout layout{"_change_data", "cdc", {{"_change_type", DataType::Of(TypeKind::kString)}}, SettingOr(session_, kCodecSetting, "")};
    TARN_TRY(WrittenFiles written, WriteFiles(session_.connection, location_, metadata_, text, layout));
    for (const delta::AddFile &file : written.files) changes_.push_back({file.path, file.partition_values, file.size, {}});
    return {};
}

}  // namespace tarn::engine
