#include "engine/internal/file_stats.h"

#include <algorithm>

#include "delta/schema.h"
#include "delta/stats.h"
#include "engine/internal/delta_scan.h"
#include "engine/internal/duck_run.h"
#include "sql/render.h"
#include "storage/path.h"

namespace tarn::engine {
namespace {

struct StatsLeaf {
    std::string text;                 // DuckDB's, of the logical column.
    std::vector<std::string> path;    // Physical names.
    DataType type;
};

void CollectLeaves(const DataType &type, const std::string &parent, const std::vector<std::string> &path, std::vector<StatsLeaf> &out) {
    for (const Field &field : type.fields) {
        std::string text = parent.empty() ? sql::QuoteIdentifier(field.name)
                                          : "struct_extract(" + parent + ", " + sql::QuoteLiteral(field.name) + ")";
        std::vector<std::string> inner = path;
        inner.push_back(delta::PhysicalName(field));
        if (field.type.kind == TypeKind::kStruct) CollectLeaves(field.type, text, inner, out);
        else out.push_back({std::move(text), std::move(inner), field.type});
    }
}

}  // namespace

Result<std::vector<std::string>> MeasureStats(StatementContext &context, const std::string &table_root, const delta::Metadata &metadata,
                                              const std::vector<delta::AddFile> &files) {
    auto scan = std::make_shared<TableScan>();
    scan->schema = metadata.schema;
    scan->mapping = delta::ColumnMappingOf(metadata);
    scan->partition_columns = metadata.partition_columns;
    std::vector<delta::FilePtr> unmeasured;
    for (delta::AddFile add : files) {
        add.stats.clear();
        add.deletion_vector.reset();
        unmeasured.push_back(std::make_shared<const delta::AddFile>(std::move(add)));
    }
    TARN_TRY(scan->files, ScanFiles::Of(table_root, delta::RowsOf(table_root, unmeasured)));
    delta::StatsOptions options = delta::StatsOptionsOf(metadata);
    std::vector<StatsLeaf> leaves;
    CollectLeaves(delta::DataSchema(metadata), "", {}, leaves);
    auto measured = delta::StatsColumns(delta::DataSchema(metadata), options);
    std::erase_if(leaves, [&](const StatsLeaf &leaf) { return std::ranges::find(measured, leaf.path) == measured.end(); });
    std::string list = std::string(kFileColumn) + ", count(*)";
    for (const StatsLeaf &leaf : leaves) {
        bool bounds = delta::HasBounds(leaf.type.kind);
        bool real = leaf.type.kind == TypeKind::kFloat || leaf.type.kind == TypeKind::kDouble;
        list += ", count(" + leaf.text + ")";
        list += bounds ? ", CAST(min(" + leaf.text + ") AS VARCHAR), CAST(max(" + leaf.text + ") AS VARCHAR)" : ", NULL, NULL";
        list += real ? ", bool_or(isnan(" + leaf.text + "))" : ", FALSE";
    }
    DataType data_schema = delta::PhysicalSchema(delta::DataSchema(metadata));
    std::vector<std::string> stats(files.size(), delta::BuildStats(0, {}, data_schema, options));
    TARN_TRY(auto rows, RunToEnd(context.session().connection, "SELECT " + list + " FROM " + context.ScanText(std::move(scan)) + " GROUP BY 1"));
    for (size_t row = 0; row < rows->RowCount(); row++) {
        auto text = [&](size_t column) {
            duckdb::Value value = rows->GetValue(column, row);
            return value.IsNull() ? std::nullopt : std::optional(value.ToString());
        };
        int64_t count = rows->GetValue(1, row).GetValue<int64_t>();
        std::vector<delta::ColumnStats> columns;
        for (size_t i = 0; i < leaves.size(); i++) {
            delta::ColumnStats one;
            one.path = leaves[i].path;
            one.type = leaves[i].type;
            one.null_count = count - rows->GetValue(2 + 4 * i, row).GetValue<int64_t>();
            one.min = text(3 + 4 * i);
            one.max = text(4 + 4 * i);
            one.has_nan = text(5 + 4 * i) == "true";
            columns.push_back(std::move(one));
        }
        delta::StatsOptions of_file = options;
        uint64_t index = rows->GetValue(0, row).GetValue<uint64_t>();
        of_file.tight_bounds = !files.at(index).deletion_vector;
        stats.at(index) = delta::BuildStats(count, columns, data_schema, of_file);
    }
    return stats;
}

}  // namespace tarn::engine
