#include "engine/internal/changes.h"

#include "delta/change_feed.h"
#include "delta/stats.h"
#include "engine/internal/duck_error.h"
#include "engine/internal/duck_run.h"
#include "sql/parser.h"
#include "storage/path.h"

namespace tarn::engine {
namespace {

using Kind = delta::ChangeFile::Kind;

constexpr char kChangeType[] = "_change_type";
constexpr char kCommitVersion[] = "_commit_version";
constexpr char kCommitTimestamp[] = "_commit_timestamp";

struct Boundary {
    std::optional<int64_t> version;
    int64_t timestamp_ms = 0;
};

// A number is a version, anything else a time.
Result<Boundary> ParseBoundary(StatementContext &context, const sql::RenderedArgument &argument) {
    return Guard([&]() -> Result<Boundary> {
        auto result = context.session().connection.Query("SELECT " + argument.spelling);
        if (result->HasError()) return Fail(FromDuckError(result->GetErrorObject()));
        duckdb::Value value = result->GetValue(0, 0);
        if (value.IsNull()) {
            return Fail(ErrorKind::kInvalidInput, "DELTA_CDC_READ_NULL_RANGE_BOUNDARY",
                        "CDC read start/end parameters cannot be null. Please provide a valid version or timestamp.");
        }
        Boundary boundary;
        if (value.type().IsNumeric()) {
            boundary.version = value.GetValue<int64_t>();
            return boundary;
        }
        duckdb::Value time;
        std::string error;
        if (!value.DefaultTryCastAs(duckdb::LogicalType::TIMESTAMP_TZ, time, &error)) {
            return Fail(ErrorKind::kInvalidInput, "DELTA_TIMESTAMP_INVALID",
                        "The provided timestamp ('" + value.ToString() + "') cannot be converted to a valid timestamp.");
        }
        boundary.timestamp_ms = time.GetValueUnsafe<duckdb::timestamp_tz_t>().value / 1000;
        return boundary;
    });
}

struct VersionRange {
    int64_t start = 0, end = 0;
};

Result<VersionRange> RangeOf(StatementContext &context, const delta::Snapshot &newest, const std::vector<sql::RenderedArgument> &args) {
    TARN_TRY(storage::ObjectStore * store, storage::StoreFor(newest.table_root));
    TARN_TRY(Boundary from, ParseBoundary(context, args[1]));
    VersionRange range;
    range.end = newest.version;
    if (from.version) range.start = *from.version;
    else { TARN_TRY(range.start, delta::VersionFrom(*store, newest.table_root, from.timestamp_ms)); }
    if (range.start > newest.version) {
        return Fail(ErrorKind::kInvalidInput, "DELTA_CDC_START_VERSION_AFTER_LATEST",
                    "Start version " + std::to_string(range.start) + " for change data feed exceeds the latest table version " +
                        std::to_string(newest.version) + ".");
    }
    if (args.size() > 2) {
        TARN_TRY(Boundary to, ParseBoundary(context, args[2]));
        if (to.version) {
            range.end = *to.version;
        } else {
            auto version = delta::VersionAt(*store, newest.table_root, to.timestamp_ms);
            bool late = !version && version.error().condition == "DELTA_TIMESTAMP_GREATER_THAN_COMMIT";
            if (!version && !late) return Fail(std::move(version).error());
            if (version) range.end = *version;
        }
    }
    if (range.end < range.start) {
        return Fail(ErrorKind::kInvalidInput, "DELTA_INVALID_CDC_RANGE",
                    "CDC range from start " + std::to_string(range.start) + " to end " + std::to_string(range.end) +
                        " was invalid. End cannot be before start.");
    }
    range.end = std::min(range.end, newest.version);
    return range;
}

Result<int64_t> RowCount(SessionState &session, const std::string &path, const std::string &stats) {
    if (auto rows = delta::FileStats(stats).NumRecords()) return *rows;
    TARN_TRY(auto result, RunToEnd(session.connection, "SELECT num_rows FROM parquet_file_metadata(" + sql::QuoteLiteral(path) + ")"));
    return result->GetValue(0, 0).GetValue<int64_t>();
}

// The feed's files as scans whose extra columns are constants of each file, as partition columns are.
class ChangeScans {
public:
    ChangeScans(StatementContext &context, const delta::Snapshot &newest, const delta::Metadata &read)
        : context_(context), root_(newest.table_root) {
        auto prepare = [&](TableScan &scan, bool with_type) {
            scan.schema = read.schema;
            scan.schema.fields.push_back({kChangeType, DataType::Of(TypeKind::kString)});
            scan.schema.fields.push_back({kCommitVersion, DataType::Of(TypeKind::kLong)});
            scan.schema.fields.push_back({kCommitTimestamp, DataType::Of(TypeKind::kTimestamp)});
            scan.mapping = delta::ColumnMappingOf(read);
            // The column that change files add has no field id.
            if (scan.mapping == delta::ColumnMapping::kId) scan.mapping = delta::ColumnMapping::kName;
            scan.partition_columns = read.partition_columns;
            if (!with_type) scan.partition_columns.push_back(kChangeType);
            scan.partition_columns.push_back(kCommitVersion);
            scan.partition_columns.push_back(kCommitTimestamp);
        };
        prepare(*derived_, false);
        prepare(*recorded_, true);
    }

    Result<void> Add(const delta::ChangeFile &change) {
        delta::AddFile file = change.file;
        file.partition_values[kCommitVersion] = std::to_string(change.version);
        file.partition_values[kCommitTimestamp] =
            duckdb::Value::TIMESTAMP(duckdb::timestamp_t(change.timestamp_ms * 1000)).ToString() + "+00";
        if (change.kind == Kind::kChangeData) {
            recorded_files_.push_back(std::make_shared<const delta::AddFile>(std::move(file)));
            return {};
        }
        bool inserted = change.kind == Kind::kInserted || change.kind == Kind::kUnmasked;
        file.partition_values[kChangeType] = inserted ? "insert" : "delete";
        TARN_TRY(auto mask, MaskOf(change, file));
        derived_files_.push_back(std::make_shared<const delta::AddFile>(std::move(file)));
        masks_.push_back(std::move(mask));
        return {};
    }

    // After the last Add.
    Result<void> Finish() {
        TARN_TRY(derived_->files, ScanFiles::Of(root_, delta::RowsOf(root_, derived_files_)));
        TARN_TRY(recorded_->files, ScanFiles::Of(root_, delta::RowsOf(root_, recorded_files_)));
        for (size_t i = 0; i < masks_.size(); i++) {
            if (masks_[i]) derived_->files.Mask(i, std::move(masks_[i]));
        }
        return {};
    }

    std::string From(const DataType &schema) {
        std::string list;
        for (const Field &field : schema.fields) list += sql::QuoteIdentifier(field.name) + ", ";
        list += std::string(kChangeType) + ", " + kCommitVersion + ", " + kCommitTimestamp;
        std::string text = "(SELECT " + list + " FROM " + context_.ScanText(derived_);
        if (!recorded_files_.empty()) text += " UNION ALL SELECT " + list + " FROM " + context_.ScanText(recorded_);
        return text + ")";
    }

private:
    Result<delta::DeletionVector> Load(const std::optional<delta::DeletionVectorDescriptor> &descriptor) {
        if (!descriptor) return delta::DeletionVector();
        TARN_TRY(storage::ObjectStore * store, storage::StoreFor(root_));
        return delta::ReadDeletionVector(*store, root_, *descriptor);
    }

    // The rows of the change's file that are no part of it; nullptr: all are. Leaves only what is known of the file in its statistics.
    Result<std::shared_ptr<const delta::DeletionVector>> MaskOf(const delta::ChangeFile &change, delta::AddFile &file) {
        TARN_TRY(delta::DeletionVector vector, Load(change.file.deletion_vector));
        if (change.kind == Kind::kInserted || change.kind == Kind::kDeleted) {
            if (!change.file.deletion_vector) return nullptr;
            return std::make_shared<const delta::DeletionVector>(std::move(vector));
        }
        // Only the difference is wanted: everything else is masked.
        TARN_TRY(delta::DeletionVector other, Load(change.other));
        if (change.kind == Kind::kUnmasked) std::swap(vector, other);
        vector.Subtract(other);
        TARN_TRY(std::string path, storage::ResolveActionPath(root_, change.file.path));
        TARN_TRY(int64_t rows, RowCount(context_.session(), path, change.file.stats));
        file.stats = delta::BuildStats(rows, {}, DataType::Of(TypeKind::kStruct));
        return std::make_shared<const delta::DeletionVector>(vector.Complement(static_cast<uint64_t>(rows)));
    }

    StatementContext &context_;
    std::string root_;
    std::shared_ptr<TableScan> derived_ = std::make_shared<TableScan>();
    std::shared_ptr<TableScan> recorded_ = std::make_shared<TableScan>();
    std::vector<delta::FilePtr> derived_files_, recorded_files_;
    std::vector<std::shared_ptr<const delta::DeletionVector>> masks_;  // Of derived_files_.
};

}  // namespace

bool IsTableChanges(const sql::TableFunction &function) {
    return EqualsIgnoreCase(function.name.Last(), "table_changes") || EqualsIgnoreCase(function.name.Last(), "table_changes_by_path");
}

Result<std::string> RenderTableChanges(StatementContext &context, const sql::TableFunction &function,
                                       const std::vector<sql::RenderedArgument> &args) {
    if (args.size() == 1) {
        return Fail(ErrorKind::kInvalidInput, "DELTA_NO_START_FOR_CDC_READ", "No startingVersion or startingTimestamp provided for CDC read.");
    }
    if (args.empty() || args.size() > 3 || !args[0].constant || args[0].constant->type.kind != TypeKind::kString) {
        Error error = MakeError(ErrorKind::kInvalidInput, "WRONG_NUM_ARGS",
                                function.name.Last() + " takes the table's name as text, the first version or timestamp and, if wanted, the last.");
        error.position = function.name.position;
        return Fail(std::move(error));
    }
    bool by_path = EqualsIgnoreCase(function.name.Last(), "table_changes_by_path");
    sql::Name name{{"delta", args[0].constant->text}, function.name.position};
    if (!by_path) { TARN_TRY(name, sql::ParseName(args[0].constant->text)); }
    bool is_path = by_path || (name.parts.size() == 2 && EqualsIgnoreCase(name.parts[0], "delta") && name.parts[1].find('/') != std::string::npos);
    TARN_TRY(TargetTable target, context.FindTarget(name, is_path, false));
    TARN_TRY(VersionRange range, RangeOf(context, *target.snapshot, args));

    auto at = [&](int64_t version) {
        sql::TableRef travel;
        travel.version = version;
        return context.SnapshotOf(target.location, &travel);
    };
    TARN_TRY(delta::SnapshotPtr start, at(range.start));
    delta::SnapshotPtr read = target.snapshot;
    // Renamed columns keep the names of the range's end; without mapping, files fit the newest schema.
    if (delta::ColumnMappingOf(read->metadata) != delta::ColumnMapping::kNone) { TARN_TRY(read, at(range.end)); }
    TARN_TRY(storage::ObjectStore * store, storage::StoreFor(target.location));
    TARN_TRY(auto changes, delta::ReadChangeFeed(*store, *start, range.end, read->metadata));
    ChangeScans scans(context, *target.snapshot, read->metadata);
    for (const delta::ChangeFile &change : changes) TARN_CHECK(scans.Add(change));
    TARN_CHECK(scans.Finish());
    return scans.From(read->metadata.schema);
}

}  // namespace tarn::engine
