#include "engine/internal/auto_cdc.h"

#include <algorithm>

namespace tarn::engine {
namespace {

// What stands where IGNORE NULL UPDATES finds no value in the batch: the target's, beside the batch's under this name.
std::string OldName(const Field &field) { return sql::QuoteIdentifier("__tarn_old_" + field.name); }

}  // namespace

Result<CdcPlan> PlanCdc(const sql::CreateAutoCdcFlow &flow, StatementContext &context, const DataType &source) {
    CdcPlan plan;
    if (flow.scd_type != sql::ScdType::kType1 || flow.delete_when || flow.truncate_when) {
        return Fail(ErrorKind::kUnsupported, "FEATURE_NOT_SUPPORTED",
                    "AUTO CDC supports STORED AS SCD TYPE 1 without APPLY AS DELETE or TRUNCATE so far.");
    }
    auto listed = [](const std::vector<std::string> &names, const std::string &name) {
        return std::ranges::any_of(names, [&](auto &other) { return EqualsIgnoreCase(other, name); });
    };
    std::vector<Field> fields;
    for (const Field &field : source.fields) {
        bool wanted = flow.columns.empty() ? !listed(flow.except_columns, field.name) : listed(flow.columns, field.name);
        if (wanted) fields.push_back(field);
    }
    plan.columns = DataType::Struct(std::move(fields));
    for (const sql::Name &key : flow.keys) {
        const Field *field = plan.columns.FindField(key.Last());
        if (!field) {
            Error error = MakeError(ErrorKind::kInvalidInput, "UNRESOLVED_COLUMN.WITH_SUGGESTION",
                                    "The key `" + key.ToString() + "` is no column of the flow's source, or is left out by COLUMNS.");
            error.position = key.position;
            return Fail(std::move(error));
        }
        plan.keys.push_back(field->name);
    }
    TARN_TRY(plan.sequence, context.Expr(*flow.sequence_by));
    return plan;
}

std::string KeyList(const CdcPlan &plan) {
    std::string keys;
    for (const std::string &key : plan.keys) keys += (keys.empty() ? "" : ", ") + sql::QuoteIdentifier(key);
    return keys;
}

std::string WithSequence(const CdcPlan &plan, const std::string &source) {
    std::string list;
    for (const Field &field : plan.columns.fields) list += sql::QuoteIdentifier(field.name) + ", ";
    return "SELECT " + list + plan.sequence + " AS __tarn_sequence FROM (" + source + ")";
}

std::string NewestByKey(const CdcPlan &plan, const std::string &rows, bool ignore_null_updates, bool old) {
    std::string keys = "PARTITION BY " + KeyList(plan), select = "*", window;
    if (ignore_null_updates) {
        std::string olds, values;
        for (const Field &field : plan.columns.fields) {
            std::string name = sql::QuoteIdentifier(field.name), newest = "last_value(" + name + " IGNORE NULLS) OVER by_key";
            if (old) olds += (olds.empty() ? "" : ", ") + OldName(field);
            values += (values.empty() ? "" : ", ") + (old ? "COALESCE(" + newest + ", " + OldName(field) + ")" : newest) + " AS " + name;
        }
        select += (old ? " EXCLUDE (" + olds + ")" : "") + " REPLACE (" + values + ")";
        window = " WINDOW by_key AS (" + keys + " ORDER BY __tarn_sequence NULLS FIRST ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING)";
    }
    return "SELECT " + select + " FROM (" + rows + ")" + window + " QUALIFY row_number() OVER (" + keys + " ORDER BY __tarn_sequence DESC NULLS LAST) = 1";
}

std::string ChangedRows(const CdcPlan &plan, const TableChange &change, const DataType &old_schema, bool ignore_null_updates, const std::string &source,
                        const std::string &current) {
    std::string on, list, their_values, our_values, differs;
    for (const std::string &key : plan.keys) {
        std::string name = sql::QuoteIdentifier(key);
        on += (on.empty() ? "" : " AND ") + ("s." + name + " IS NOT DISTINCT FROM t." + name);
    }
    for (const Field &field : change.schema().fields) {
        const Field *from = plan.columns.FindField(field.name);
        const Field *old = old_schema.FindField(field.name);
        std::string as_type = " AS " + sql::RenderType(field.type) + ")";
        std::string ours = old ? sql::QuoteIdentifier(old->name) : "CAST(NULL" + as_type;
        std::string theirs = from ? "CAST(" + sql::QuoteIdentifier(from->name) + as_type : "";
        std::string our_column = old ? "t." + ours : ours;
        std::string value = !from ? our_column : "CAST(s." + sql::QuoteIdentifier(from->name) + as_type;
        list += value + " AS " + sql::QuoteIdentifier(field.name) + ", ";
        if (!from) continue;
        if (ignore_null_updates) {
            list += our_column + " AS " + OldName(*from) + ", ";
            value = "COALESCE(" + value + ", " + our_column + ")";
        }
        their_values += (their_values.empty() ? "" : ", ") + theirs;
        our_values += (our_values.empty() ? "" : ", ") + ours;
        differs += (differs.empty() ? "" : " OR ") + value + " IS DISTINCT FROM " + our_column;
    }
    if (!ignore_null_updates) differs = "s.__tarn_hash <> t.__tarn_hash";
    return "SELECT " + list + "s.__tarn_sequence AS __tarn_sequence, " + change.RowColumns("t") + " FROM "
           "(SELECT *, hash(" + their_values + ") AS __tarn_hash FROM (" + source + ")) s LEFT JOIN (SELECT *, hash(" + our_values +
           ") AS __tarn_hash FROM (" + current + ")) t ON " + on + " WHERE t.__tarn_row IS NULL OR t.__tarn_sequence IS NULL OR "
           "s.__tarn_sequence > t.__tarn_sequence OR (s.__tarn_sequence = t.__tarn_sequence AND (" + differs + "))";
}

}  // namespace tarn::engine
