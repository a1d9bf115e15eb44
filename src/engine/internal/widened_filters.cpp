#include "engine/internal/widened_filters.h"

#include "base/data_type.h"

#include "duckdb/common/multi_file/multi_file_reader.hpp"
#include "duckdb/planner/expression/bound_reference_expression.hpp"
#include "duckdb/planner/filter/expression_filter.hpp"
#include "duckdb/planner/filter/list.hpp"

namespace tarn::engine {
namespace {

using namespace duckdb;

const MultiFileColumnDefinition *Find(const MultiFileColumnDefinition &column,
                                      const duckdb::vector<MultiFileColumnDefinition> &file_columns, bool by_id) {
    for (auto &candidate : file_columns) {
        if (by_id && !candidate.identifier.IsNull() && candidate.identifier == column.identifier) return &candidate;
        if (!by_id && EqualsIgnoreCase(candidate.name, column.GetIdentifierName())) return &candidate;
    }
    return nullptr;
}

// Whether a constant of the table's type means the same in the file's type, or has no counterpart there.
bool SameConstants(const MultiFileColumnDefinition &column, const MultiFileColumnDefinition &in_file, bool by_id) {
    if (column.type.id() == LogicalTypeId::STRUCT) {
        for (auto &child : column.children) {
            auto *found = Find(child, in_file.children, by_id);
            if (found && !SameConstants(child, *found, by_id)) return false;
        }
        return true;
    }
    // Nothing compares into arrays and maps.
    if (column.type.IsNested() || column.type == in_file.type) return true;
    return column.type.IsIntegral() && in_file.type.IsIntegral();
}

// The filter without the parts that only save work: they know no other type. nullptr: nothing is left.
unique_ptr<TableFilter> Required(const TableFilter &filter) {
    switch (filter.filter_type) {
        case TableFilterType::OPTIONAL_FILTER:
        case TableFilterType::DYNAMIC_FILTER:
        case TableFilterType::BLOOM_FILTER: return nullptr;
        case TableFilterType::CONJUNCTION_AND: {
            auto result = make_uniq<ConjunctionAndFilter>();
            for (auto &child : filter.Cast<ConjunctionAndFilter>().child_filters) {
                if (auto required = Required(*child)) result->child_filters.push_back(std::move(required));
            }
            if (result->child_filters.empty()) return nullptr;
            return unique_ptr<TableFilter>(std::move(result));
        }
        case TableFilterType::CONJUNCTION_OR: {
            for (auto &child : filter.Cast<ConjunctionOrFilter>().child_filters) {
                if (!Required(*child)) return nullptr;
            }
            return filter.Copy();
        }
        default: return filter.Copy();
    }
}

}  // namespace

unique_ptr<TableFilterSet> FiltersForFile(const TableFilterSet &filters,
                                          const duckdb::vector<MultiFileColumnDefinition> &table_columns,
                                          const duckdb::vector<ColumnIndex> &column_ids,
                                          const duckdb::vector<MultiFileColumnDefinition> &file_columns, bool by_id) {
    auto safe = [&](idx_t index) {
        column_t id = column_ids[index].GetPrimaryIndex();
        if (IsVirtualColumn(id)) return true;
        auto *in_file = Find(table_columns[id], file_columns, by_id);
        return !in_file || SameConstants(table_columns[id], *in_file, by_id);
    };
    bool all_safe = true;
    for (auto &[index, filter] : filters.filters) all_safe = all_safe && safe(index);
    if (all_safe) return nullptr;
    auto result = make_uniq<TableFilterSet>();
    for (auto &[index, filter] : filters.filters) {
        if (safe(index)) {
            result->filters.emplace(index, filter->Copy());
        } else if (auto required = Required(*filter)) {
            BoundReferenceExpression column(table_columns[column_ids[index].GetPrimaryIndex()].type, 0);
            result->filters.emplace(index, make_uniq<ExpressionFilter>(required->ToExpression(column)));
        }
    }
    return result;
}

}  // namespace tarn::engine
