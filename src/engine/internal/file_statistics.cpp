#include "engine/internal/file_statistics.h"

#include <algorithm>
#include <charconv>
#include <exception>
#include <thread>

#include "delta/stats.h"

#include "duckdb/storage/statistics/numeric_stats.hpp"
#include "duckdb/storage/statistics/string_stats.hpp"
#include "duckdb/storage/statistics/struct_stats.hpp"

namespace tarn::engine {
namespace {

using duckdb::BaseStatistics;
using duckdb::LogicalType;
using duckdb::LogicalTypeId;
using duckdb::StatsInfo;
using duckdb::Value;

// A plan asks for every column that it reads; beyond this many files the answer would cost more than it saves.
constexpr size_t kMaxFilesToPlan = 1000;
// Timestamps in statistics are cut to milliseconds.
constexpr int64_t kCutMicros = 999;
// Digits that survive a writer which keeps its bounds as doubles.
constexpr int kSafeDigits = 15;

// Whether bounds of this type can be taken at their word. Some writers leave NaN out of a file's bounds; a plan that
// trusted them would drop rows, while Spark, too, skips files by them.
bool IsTrusted(const DataType &type, bool by_plan) {
    if (type.kind == TypeKind::kFloat || type.kind == TypeKind::kDouble) return !by_plan;
    return type.kind != TypeKind::kDecimal || type.precision <= kSafeDigits;
}

std::optional<Value> ParseBound(const std::optional<std::string> &text, const LogicalType &type) {
    if (type.id() == LogicalTypeId::BIGINT) {
        // A million files ask this: the way over DuckDB's casts takes ten times as long.
        int64_t number = 0;
        const char *end = text ? text->data() + text->size() : nullptr;
        if (text && std::from_chars(text->data(), end, number).ptr == end) return Value::BIGINT(number);
    }
    Value value;
    std::string error;
    if (!text || !Value(*text).DefaultTryCastAs(type, value, &error) || value.IsNull()) return std::nullopt;
    return value;
}

// The least value that no value cut to `bound` exceeds.
Value Raised(const Value &bound, const LogicalType &type) {
    if (type.id() == LogicalTypeId::TIMESTAMP_TZ) {
        auto micros = bound.GetValueUnsafe<duckdb::timestamp_tz_t>().value;
        return Value::TIMESTAMPTZ(duckdb::timestamp_tz_t(micros > INT64_MAX - kCutMicros ? micros : micros + kCutMicros));
    }
    if (type.id() == LogicalTypeId::TIMESTAMP) {
        auto micros = bound.GetValueUnsafe<duckdb::timestamp_t>().value;
        return Value::TIMESTAMP(duckdb::timestamp_t(micros > INT64_MAX - kCutMicros ? micros : micros + kCutMicros));
    }
    return bound;
}

// Bounds from when the column was FLOAT are texts of floats: 0.1 stands for 0.1f, which is more.
void WidenToFloats(std::optional<Value> &min, std::optional<Value> &max) {
    auto as_float = [](const Value &bound) { return static_cast<double>(static_cast<float>(bound.GetValueUnsafe<double>())); };
    if (min) min = Value::DOUBLE(std::min(min->GetValueUnsafe<double>(), as_float(*min)));
    if (max) max = Value::DOUBLE(std::max(max->GetValueUnsafe<double>(), as_float(*max)));
}

BaseStatistics FromBounds(const delta::FileStats::Bounds &bounds, std::optional<int64_t> rows, const LogicalType &type) {
    BaseStatistics stats = BaseStatistics::CreateUnknown(type);
    auto min = ParseBound(bounds.min, type), max = ParseBound(bounds.max, type);
    if (type.id() == LogicalTypeId::DOUBLE) WidenToFloats(min, max);
    if (min && max && type.id() == LogicalTypeId::VARCHAR) {
        stats = duckdb::StringStats::CreateEmpty(type);
        duckdb::StringStats::Update(stats, duckdb::string_t(duckdb::StringValue::Get(*min)));
        duckdb::StringStats::Update(stats, duckdb::string_t(duckdb::StringValue::Get(*max)));
        // Other values may be longer, and of any script.
        duckdb::StringStats::ResetMaxStringLength(stats);
        duckdb::StringStats::SetContainsUnicode(stats);
        stats.Set(StatsInfo::CAN_HAVE_NULL_AND_VALID_VALUES);
    } else if (BaseStatistics::GetStatsType(type) == duckdb::StatisticsType::NUMERIC_STATS) {
        if (min) duckdb::NumericStats::SetMin(stats, *min);
        if (max) duckdb::NumericStats::SetMax(stats, Raised(*max, type));
    }
    // Masked rows count as well, so only the extremes say something.
    if (bounds.null_count && *bounds.null_count == 0) stats.Set(StatsInfo::CANNOT_HAVE_NULL_VALUES);
    if (bounds.null_count && rows && *rows > 0 && *bounds.null_count == *rows) stats.Set(StatsInfo::CANNOT_HAVE_VALID_VALUES);
    return stats;
}

BaseStatistics FromLog(const delta::FileStats &file, std::vector<std::string> &path, const DataType &type, const LogicalType &as,
                       bool by_plan) {
    if (type.kind == TypeKind::kStruct && as.id() == LogicalTypeId::STRUCT) {
        BaseStatistics stats = BaseStatistics::CreateUnknown(as);
        for (size_t i = 0; i < type.fields.size(); i++) {
            path.push_back(delta::PhysicalName(type.fields[i]));
            BaseStatistics child = FromLog(file, path, type.fields[i].type, duckdb::StructType::GetChildType(as, i), by_plan);
            // A member is NULL wherever its struct is.
            child.SetHasNullFast();
            duckdb::StructStats::SetChildStats(stats, i, child);
            path.pop_back();
        }
        return stats;
    }
    if (type.IsNested()) return BaseStatistics::CreateUnknown(as);
    delta::FileStats::Bounds bounds = file.Of(path);
    if (!IsTrusted(type, by_plan)) bounds.min = bounds.max = std::nullopt;
    return FromBounds(bounds, file.NumRecords(), as);
}

bool IsPartitionColumn(const TableScan &scan, const Field &field) {
    return std::ranges::any_of(scan.partition_columns, [&](const std::string &name) { return EqualsIgnoreCase(name, field.name); });
}

}  // namespace

std::optional<Value> PartitionValue(const TableScan &scan, const delta::FileRow &file, const Field &field, const LogicalType &type) {
    if (!IsPartitionColumn(scan, field)) return std::nullopt;
    std::string physical = delta::PhysicalName(field);
    std::optional<std::string> text;
    if (auto exact = file.PartitionValue(physical)) {
        if (*exact) text = std::string(**exact);
    } else {
        for (auto &[name, value] : file.AllPartitionValues()) {
            if (EqualsIgnoreCase(name, physical)) text = value;
        }
    }
    if (!text || text->empty()) return Value(type);
    if (type.id() == LogicalTypeId::BLOB) return Value::BLOB_RAW(*text);
    return Value(*text).DefaultCastAs(type);
}

namespace {

BaseStatistics OfColumn(const TableScan &scan, const delta::FileRow &file, const Field &field, const LogicalType &type, bool by_plan) {
    if (auto value = PartitionValue(scan, file, field, type)) return BaseStatistics::FromConstant(*value);
    std::vector<std::string> path{delta::PhysicalName(field)};
    return FromLog(delta::FileStats(file.stats()), path, field.type, type, by_plan);
}

}  // namespace

BaseStatistics StatisticsOf(const TableScan &scan, const delta::FileRow &file, const Field &field, const LogicalType &type) {
    return OfColumn(scan, file, field, type, false);
}

duckdb::unique_ptr<BaseStatistics> StatisticsOf(const TableScan &scan, const std::vector<size_t> &files, const Field &field,
                                                const LogicalType &type) {
    if (files.empty() || files.size() > kMaxFilesToPlan) return nullptr;
    BaseStatistics merged = OfColumn(scan, scan.files.row(files[0]), field, type, true);
    for (size_t i = 1; i < files.size(); i++) merged.Merge(OfColumn(scan, scan.files.row(files[i]), field, type, true));
    return merged.ToUnique();
}

std::vector<size_t> FilesThatMayPass(const TableScan &scan, const std::vector<size_t> &files, const std::vector<ColumnFilter> &filters) {
    constexpr size_t kFilesAThread = 4096;
    auto may_pass = [&](size_t file) {
        delta::FileRow row = scan.files.row(file);
        return std::ranges::none_of(filters, [&](const ColumnFilter &filter) {
            BaseStatistics stats = StatisticsOf(scan, row, filter.field, filter.type);
            // CheckStatistics looks only.
            return const_cast<duckdb::TableFilter &>(filter.filter).CheckStatistics(stats) == duckdb::FilterPropagateResult::FILTER_ALWAYS_FALSE;
        });
    };
    size_t threads = std::clamp<size_t>(files.size() / kFilesAThread, 1, std::max(1u, std::thread::hardware_concurrency()));
    std::vector<std::vector<size_t>> parts(threads);
    std::vector<std::exception_ptr> failures(threads);
    auto work = [&](size_t part) {
        try {
            for (size_t i = files.size() * part / threads; i < files.size() * (part + 1) / threads; i++) {
                if (may_pass(files[i])) parts[part].push_back(files[i]);
            }
        } catch (...) {
            failures[part] = std::current_exception();
        }
    };
    {
        std::vector<std::jthread> others;
        for (size_t part = 1; part < threads; part++) others.emplace_back(work, part);
        work(0);
    }
    for (std::exception_ptr &failure : failures) {
        if (failure) std::rethrow_exception(failure);
    }
    for (size_t part = 1; part < threads; part++) parts[0].insert(parts[0].end(), parts[part].begin(), parts[part].end());
    return std::move(parts[0]);
}

bool BoundsAreValues(const TableScan &scan, size_t file, const Field &field) {
    if (IsPartitionColumn(scan, field)) return true;
    delta::FileRow row = scan.files.row(file);
    if (row.stats().empty() || scan.files.Deleted(file) || !delta::FileStats(row.stats()).TightBounds()) return false;
    switch (field.type.kind) {
        case TypeKind::kByte:
        case TypeKind::kShort:
        case TypeKind::kInt:
        case TypeKind::kLong:
        case TypeKind::kDate: return true;
        default: return false;  // Cut (text, timestamps), or printed with less precision by some writers.
    }
}

}  // namespace tarn::engine
