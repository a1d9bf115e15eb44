#include "engine/internal/char_columns.h"

#include <algorithm>
#include <map>

#include "delta/schema.h"
#include "engine/internal/delta_scan.h"
#include "sql/parser.h"

#include "duckdb/common/vector_operations/unary_executor.hpp"
#include "duckdb/execution/expression_executor.hpp"
#include "duckdb/main/extension/extension_loader.hpp"
#include "duckdb/optimizer/optimizer.hpp"
#include "duckdb/optimizer/optimizer_extension.hpp"
#include "duckdb/planner/binder.hpp"
#include "duckdb/planner/expression/bound_columnref_expression.hpp"
#include "duckdb/planner/expression/bound_comparison_expression.hpp"
#include "duckdb/planner/expression/bound_constant_expression.hpp"
#include "duckdb/planner/expression/bound_function_expression.hpp"
#include "duckdb/planner/expression/bound_operator_expression.hpp"
#include "duckdb/planner/logical_operator_visitor.hpp"
#include "duckdb/planner/operator/logical_aggregate.hpp"
#include "duckdb/planner/operator/logical_comparison_join.hpp"
#include "duckdb/planner/operator/logical_cteref.hpp"
#include "duckdb/planner/operator/logical_delim_get.hpp"
#include "duckdb/planner/operator/logical_get.hpp"
#include "duckdb/planner/operator/logical_materialized_cte.hpp"
#include "duckdb/planner/operator/logical_projection.hpp"
#include "duckdb/planner/operator/logical_recursive_cte.hpp"
#include "duckdb/planner/operator/logical_set_operation.hpp"

namespace tarn::engine {
namespace {

using duckdb::ColumnBinding;
using duckdb::Expression;
using duckdb::ExpressionType;
using duckdb::LogicalOperator;
using duckdb::LogicalOperatorType;
using duckdb::LogicalType;
using duckdb::LogicalTypeId;
using duckdb::Value;

constexpr const char *kCharFunction = "tarn_char";

bool HoldsChar(const DataType &type) {
    if (type.kind == TypeKind::kString) return type.text_bound < 0;
    return std::ranges::any_of(type.children, HoldsChar) || std::ranges::any_of(type.fields, [](const Field &field) { return HoldsChar(field.type); });
}

// ---- Filling up ----------------------------------------------------------------------------------------------------

size_t CharactersOf(std::string_view text) {
    return static_cast<size_t>(std::ranges::count_if(text, [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
}

std::string Filled(std::string text, size_t length) {
    size_t characters = CharactersOf(text);
    if (characters < length) text.append(length - characters, ' ');
    return text;
}

void FillText(duckdb::Vector &source, duckdb::Vector &result, duckdb::idx_t count, size_t length) {
    duckdb::StringVector::AddHeapReference(result, source);
    duckdb::UnaryExecutor::Execute<duckdb::string_t, duckdb::string_t>(source, result, count, [&](duckdb::string_t text) {
        size_t characters = CharactersOf({text.GetData(), text.GetSize()});
        if (characters >= length) return text;
        duckdb::string_t longer = duckdb::StringVector::EmptyString(result, text.GetSize() + length - characters);
        std::copy_n(text.GetData(), text.GetSize(), longer.GetDataWriteable());
        std::fill_n(longer.GetDataWriteable() + text.GetSize(), length - characters, ' ');
        longer.Finalize();
        return longer;
    });
}

// What `type` says of the vector; where the two disagree (a column that has changed since), the values stay as they are.
void Fill(duckdb::Vector &source, duckdb::Vector &result, duckdb::idx_t count, const DataType &type) {
    LogicalTypeId id = source.GetType().id();
    bool list = (id == LogicalTypeId::LIST && type.kind == TypeKind::kArray) || (id == LogicalTypeId::MAP && type.kind == TypeKind::kMap);
    bool structure = id == LogicalTypeId::STRUCT && type.kind == TypeKind::kStruct;
    if (id == LogicalTypeId::VARCHAR && type.kind == TypeKind::kString && type.text_bound < 0) {
        FillText(source, result, count, static_cast<size_t>(-type.text_bound));
        return;
    }
    if (!HoldsChar(type) || !(list || structure)) {
        result.Reference(source);
        return;
    }
    source.Flatten(count);
    result.SetVectorType(duckdb::VectorType::FLAT_VECTOR);
    duckdb::FlatVector::SetValidity(result, duckdb::FlatVector::Validity(source));
    if (structure) {
        auto &from = duckdb::StructVector::GetEntries(source), &to = duckdb::StructVector::GetEntries(result);
        for (size_t i = 0; i < from.size(); i++) {
            const Field *field = type.FindField(duckdb::StructType::GetChildName(source.GetType(), i));
            if (field) Fill(*from[i], *to[i], count, field->type);
            else to[i]->Reference(*from[i]);
        }
        return;
    }
    auto *from = duckdb::FlatVector::GetData<duckdb::list_entry_t>(source), *to = duckdb::FlatVector::GetData<duckdb::list_entry_t>(result);
    std::copy_n(from, count, to);
    duckdb::idx_t size = duckdb::ListVector::GetListSize(source);
    duckdb::ListVector::Reserve(result, size);
    duckdb::ListVector::SetListSize(result, size);
    duckdb::Vector &items = duckdb::ListVector::GetEntry(source), &filled = duckdb::ListVector::GetEntry(result);
    if (id == LogicalTypeId::LIST) {
        Fill(items, filled, size, type.children[0]);
        return;
    }
    // A map is a list of keys and values.
    items.Flatten(size);
    filled.SetVectorType(duckdb::VectorType::FLAT_VECTOR);
    duckdb::FlatVector::SetValidity(filled, duckdb::FlatVector::Validity(items));
    auto &pairs = duckdb::StructVector::GetEntries(items), &filled_pairs = duckdb::StructVector::GetEntries(filled);
    for (size_t i = 0; i < 2; i++) Fill(*pairs[i], *filled_pairs[i], size, type.children[i]);
}

struct CharData final : duckdb::FunctionData {
    explicit CharData(DataType type) : type(std::move(type)) {}
    duckdb::unique_ptr<FunctionData> Copy() const override { return duckdb::make_uniq<CharData>(type); }
    bool Equals(const FunctionData &other) const override { return SpelledLike(type, other.Cast<CharData>().type); }

    // Two texts of different length are the same DataType.
    static bool SpelledLike(const DataType &a, const DataType &b) {
        if (!(a == b) || a.text_bound != b.text_bound) return false;
        for (size_t i = 0; i < a.children.size(); i++) {
            if (!SpelledLike(a.children[i], b.children[i])) return false;
        }
        for (size_t i = 0; i < a.fields.size(); i++) {
            if (!SpelledLike(a.fields[i].type, b.fields[i].type)) return false;
        }
        return true;
    }

    DataType type;
};

void FillChunk(duckdb::DataChunk &args, duckdb::ExpressionState &state, duckdb::Vector &result) {
    auto &data = state.expr.Cast<duckdb::BoundFunctionExpression>().bind_info->Cast<CharData>();
    Fill(args.data[0], result, args.size(), data.type);
}

duckdb::unique_ptr<duckdb::FunctionData> BindChar(duckdb::ClientContext &context, duckdb::ScalarFunction &function,
                                                  duckdb::vector<duckdb::unique_ptr<Expression>> &arguments) {
    Value spelled = duckdb::ExpressionExecutor::EvaluateScalar(context, *arguments[1]);
    auto type = sql::ParseDataType(spelled.ToString());
    if (!type) throw duckdb::BinderException("tarn_char: %s is no type", spelled.ToString());
    function.arguments[0] = function.return_type = arguments[0]->return_type;
    duckdb::Function::EraseArgument(function, arguments, 1);
    return duckdb::make_uniq<CharData>(*std::move(type));
}

duckdb::unique_ptr<Expression> FilledUp(duckdb::unique_ptr<Expression> value, DataType type) {
    LogicalType logical = value->return_type;
    duckdb::vector<duckdb::unique_ptr<Expression>> arguments;
    std::string alias = value->GetAlias();
    arguments.push_back(std::move(value));
    duckdb::ScalarFunction function(kCharFunction, {logical}, logical, FillChunk);
    auto call = duckdb::make_uniq<duckdb::BoundFunctionExpression>(logical, std::move(function), std::move(arguments),
                                                                   duckdb::make_uniq<CharData>(std::move(type)));
    call->SetAlias(alias);
    return call;
}

DataType CharOf(size_t length) {
    DataType type = DataType::Of(TypeKind::kString);
    type.text_bound = -static_cast<int32_t>(length);
    return type;
}

// The call of tarn_char that `expr` is; nullptr: it is something else.
duckdb::BoundFunctionExpression *AsCharCall(Expression &expr) {
    if (expr.GetExpressionClass() != duckdb::ExpressionClass::BOUND_FUNCTION) return nullptr;
    auto &call = expr.Cast<duckdb::BoundFunctionExpression>();
    return call.function.name == kCharFunction && call.bind_info && call.children.size() == 1 ? &call : nullptr;
}

// ---- Plans ---------------------------------------------------------------------------------------------------------

// One walk over a plan, from its leaves up.
class CharPlan {
public:
    explicit CharPlan(duckdb::OptimizerExtensionInput &input) : context_(input.context), binder_(input.optimizer.binder) {}

    void Visit(duckdb::unique_ptr<LogicalOperator> &op) {
        switch (op->type) {
            case LogicalOperatorType::LOGICAL_GET: VisitScan(op); break;
            case LogicalOperatorType::LOGICAL_DELIM_GET:
                if (!duplicates_.empty()) Take(op->Cast<duckdb::LogicalDelimGet>().table_index, duplicates_.back());
                break;
            case LogicalOperatorType::LOGICAL_CTE_REF: {
                auto &reference = op->Cast<duckdb::LogicalCTERef>();
                Take(reference.table_index, common_[reference.cte_index]);
                break;
            }
            case LogicalOperatorType::LOGICAL_MATERIALIZED_CTE:
            case LogicalOperatorType::LOGICAL_RECURSIVE_CTE: {
                duckdb::idx_t index = op->type == LogicalOperatorType::LOGICAL_RECURSIVE_CTE ? op->Cast<duckdb::LogicalRecursiveCTE>().table_index
                                                                                            : op->Cast<duckdb::LogicalMaterializedCTE>().table_index;
                Visit(op->children[0]);
                common_[index] = LengthsOf(*op->children[0]);
                Visit(op->children[1]);
                if (op->type == LogicalOperatorType::LOGICAL_RECURSIVE_CTE) Take(index, common_[index]);
                break;
            }
            case LogicalOperatorType::LOGICAL_DELIM_JOIN: {
                auto &join = op->Cast<duckdb::LogicalComparisonJoin>();
                size_t giving = join.delim_flipped ? 1 : 0;
                Visit(op->children[giving]);
                std::vector<size_t> lengths;
                for (auto &column : join.duplicate_eliminated_columns) lengths.push_back(LengthOf(*column));
                duplicates_.push_back(std::move(lengths));
                Visit(op->children[1 - giving]);
                duplicates_.pop_back();
                break;
            }
            default:
                for (auto &child : op->children) Visit(child);
        }
        if (!lengths_.empty()) {
            VisitConditions(*op);
            duckdb::LogicalOperatorVisitor::EnumerateExpressions(*op, [&](duckdb::unique_ptr<Expression> *expr) { Rewrite(**expr); });
        }
        KeepLengths(*op);
    }

private:
    // The scan's columns are filled up by a projection that takes the scan's place under its name.
    void VisitScan(duckdb::unique_ptr<LogicalOperator> &op) {
        auto &get = op->Cast<duckdb::LogicalGet>();
        const DataType *schema = ScannedSchema(get);
        if (!schema) return;
        auto &columns = get.GetColumnIds();
        std::map<size_t, DataType> chars;
        for (size_t i = 0; i < columns.size(); i++) {
            if (columns[i].IsVirtualColumn() || columns[i].GetPrimaryIndex() >= schema->fields.size()) continue;
            if (auto type = CharTypeOf(schema->fields[columns[i].GetPrimaryIndex()])) chars.emplace(i, *std::move(type));
        }
        if (chars.empty()) return;
        duckdb::idx_t name = get.table_index;
        get.table_index = binder_.GenerateTableIndex();
        duckdb::vector<duckdb::unique_ptr<Expression>> list;
        for (size_t i = 0; i < columns.size(); i++) {
            list.push_back(duckdb::make_uniq<duckdb::BoundColumnRefExpression>(get.GetColumnName(columns[i]), get.GetColumnType(columns[i]),
                                                                              ColumnBinding(get.table_index, i)));
            auto type = chars.find(i);
            if (type == chars.end()) continue;
            if (type->second.kind == TypeKind::kString) lengths_[{name, i}] = static_cast<size_t>(-type->second.text_bound);
            list.back() = FilledUp(std::move(list.back()), std::move(type->second));
        }
        auto filled = duckdb::make_uniq<duckdb::LogicalProjection>(name, std::move(list));
        if (op->has_estimated_cardinality) filled->SetEstimatedCardinality(op->estimated_cardinality);
        filled->children.push_back(std::move(op));
        filled->ResolveOperatorTypes();
        op = std::move(filled);
    }

    // The n of the CHAR(n) that the expression is a column of; 0: it is none.
    size_t LengthOf(Expression &expr) const {
        if (expr.GetExpressionClass() == duckdb::ExpressionClass::BOUND_COLUMN_REF) {
            auto &binding = expr.Cast<duckdb::BoundColumnRefExpression>().binding;
            auto known = lengths_.find({binding.table_index, binding.column_index});
            return known == lengths_.end() ? 0 : known->second;
        }
        auto *call = AsCharCall(expr);
        const DataType *type = call ? &call->bind_info->Cast<CharData>().type : nullptr;
        return type && type->kind == TypeKind::kString && type->text_bound < 0 ? static_cast<size_t>(-type->text_bound) : 0;
    }

    std::vector<size_t> LengthsOf(LogicalOperator &op) const {
        std::vector<size_t> lengths;
        for (ColumnBinding binding : op.GetColumnBindings()) {
            auto known = lengths_.find({binding.table_index, binding.column_index});
            lengths.push_back(known == lengths_.end() ? 0 : known->second);
        }
        return lengths;
    }

    void Take(duckdb::idx_t table, const std::vector<size_t> &lengths) {
        for (size_t i = 0; i < lengths.size(); i++) {
            if (lengths[i] > 0) lengths_[{table, i}] = lengths[i];
        }
    }

    // What the operator's own columns are.
    void KeepLengths(LogicalOperator &op) {
        auto keep = [&](duckdb::idx_t table, const duckdb::vector<duckdb::unique_ptr<Expression>> &list) {
            for (size_t i = 0; i < list.size(); i++) {
                if (size_t length = LengthOf(*list[i])) lengths_[{table, i}] = length;
            }
        };
        switch (op.type) {
            case LogicalOperatorType::LOGICAL_PROJECTION: keep(op.Cast<duckdb::LogicalProjection>().table_index, op.expressions); break;
            case LogicalOperatorType::LOGICAL_AGGREGATE_AND_GROUP_BY: {
                auto &aggregate = op.Cast<duckdb::LogicalAggregate>();
                keep(aggregate.group_index, aggregate.groups);
                break;
            }
            case LogicalOperatorType::LOGICAL_UNION:
            case LogicalOperatorType::LOGICAL_EXCEPT:
            case LogicalOperatorType::LOGICAL_INTERSECT:
                Take(op.Cast<duckdb::LogicalSetOperation>().table_index, LengthsOf(*op.children[0]));
                break;
            default: break;
        }
    }

    void VisitConditions(LogicalOperator &op) {
        bool compares = op.type == LogicalOperatorType::LOGICAL_COMPARISON_JOIN || op.type == LogicalOperatorType::LOGICAL_DELIM_JOIN ||
                        op.type == LogicalOperatorType::LOGICAL_ASOF_JOIN;
        if (!compares) return;
        auto &join = op.Cast<duckdb::LogicalComparisonJoin>();
        // IN (SELECT …) compares what is there, as in Spark.
        if (join.join_type == duckdb::JoinType::MARK) return;
        for (duckdb::JoinCondition &condition : join.conditions) Align(condition.left, condition.right);
    }

    void Rewrite(Expression &expr) {
        duckdb::ExpressionIterator::EnumerateChildren(expr, [&](Expression &child) { Rewrite(child); });
        if (expr.GetExpressionClass() == duckdb::ExpressionClass::BOUND_COMPARISON) {
            auto &comparison = expr.Cast<duckdb::BoundComparisonExpression>();
            Align(comparison.left, comparison.right);
        } else if (expr.GetExpressionType() == ExpressionType::COMPARE_IN || expr.GetExpressionType() == ExpressionType::COMPARE_NOT_IN) {
            AlignList(expr.Cast<duckdb::BoundOperatorExpression>().children);
        }
    }

    // The constant text that the expression is. nullopt: it is none, or NULL.
    std::optional<std::string> ConstantText(Expression &expr) {
        Value value;
        if (expr.return_type.id() != LogicalTypeId::VARCHAR || !expr.IsFoldable()) return std::nullopt;
        if (!duckdb::ExpressionExecutor::TryEvaluateScalar(context_, expr, value) || value.IsNull()) return std::nullopt;
        return duckdb::StringValue::Get(value);
    }

    void Lengthen(duckdb::unique_ptr<Expression> &column, size_t length) { column = FilledUp(std::move(column), CharOf(length)); }

    void Align(duckdb::unique_ptr<Expression> &left, duckdb::unique_ptr<Expression> &right) {
        size_t one = LengthOf(*left), other = LengthOf(*right);
        if (one > 0 && other > 0) {
            if (one != other) Lengthen(one < other ? left : right, std::max(one, other));
            return;
        }
        if (one == 0 && other == 0) return;
        auto &column = one > 0 ? left : right, &constant = one > 0 ? right : left;
        std::optional<std::string> text = ConstantText(*constant);
        if (!text) return;
        size_t length = std::max(one, other);
        if (CharactersOf(*text) > length) Lengthen(column, CharactersOf(*text));
        else constant = duckdb::make_uniq<duckdb::BoundConstantExpression>(Value(Filled(*std::move(text), length)));
    }

    void AlignList(duckdb::vector<duckdb::unique_ptr<Expression>> &children) {
        size_t own = LengthOf(*children[0]), length = own;
        if (own == 0) return;
        std::vector<std::string> texts;
        for (size_t i = 1; i < children.size(); i++) {
            std::optional<std::string> text = ConstantText(*children[i]);
            if (!text) return;
            length = std::max(length, CharactersOf(*text));
            texts.push_back(*std::move(text));
        }
        if (length > own) Lengthen(children[0], length);
        for (size_t i = 1; i < children.size(); i++) {
            children[i] = duckdb::make_uniq<duckdb::BoundConstantExpression>(Value(Filled(std::move(texts[i - 1]), length)));
        }
    }

    duckdb::ClientContext &context_;
    duckdb::Binder &binder_;
    std::map<std::pair<duckdb::idx_t, duckdb::idx_t>, size_t> lengths_;  // Of columns, by their binding in the plan.
    std::map<duckdb::idx_t, std::vector<size_t>> common_;                // Of common table expressions' columns.
    std::vector<std::vector<size_t>> duplicates_;                        // Of what correlated subqueries get from around them.
};

void RewritePlan(duckdb::OptimizerExtensionInput &input, duckdb::unique_ptr<LogicalOperator> &plan) { CharPlan(input).Visit(plan); }

// ---- Filters -------------------------------------------------------------------------------------------------------

// The column of the scan that is filled up there; nullptr: it is something else.
Expression *RawColumn(Expression &expr) {
    auto *call = AsCharCall(expr);
    if (!call) return nullptr;
    while (auto *inner = AsCharCall(*call->children[0])) call = inner;
    Expression &raw = *call->children[0];
    bool column = raw.GetExpressionClass() == duckdb::ExpressionClass::BOUND_COLUMN_REF && raw.return_type.id() == LogicalTypeId::VARCHAR;
    return column ? &raw : nullptr;
}

const std::string *TextOf(const Expression &expr) {
    if (expr.GetExpressionClass() != duckdb::ExpressionClass::BOUND_CONSTANT) return nullptr;
    auto &value = expr.Cast<duckdb::BoundConstantExpression>().value;
    return value.IsNull() || value.type().id() != LogicalTypeId::VARCHAR ? nullptr : &duckdb::StringValue::Get(value);
}

std::string WithoutBlanks(std::string text) {
    text.erase(text.find_last_not_of(' ') + 1);
    return text;
}

}  // namespace

// A raw value lacks at most blanks at its end: 'cd' <= raw <= 'cd   ' where it is 'cd   ' filled up, and raw <= filled always.
void AddBoundsOfRawChars(duckdb::vector<duckdb::unique_ptr<Expression>> &filters) {
    duckdb::vector<duckdb::unique_ptr<Expression>> more;
    auto add = [&](ExpressionType type, const Expression &column, std::string bound) {
        more.push_back(duckdb::make_uniq<duckdb::BoundComparisonExpression>(type, column.Copy(),
                                                                           duckdb::make_uniq<duckdb::BoundConstantExpression>(Value(std::move(bound)))));
    };
    for (auto &filter : filters) {
        if (filter->GetExpressionType() == ExpressionType::COMPARE_IN) {
            auto &children = filter->Cast<duckdb::BoundOperatorExpression>().children;
            Expression *column = RawColumn(*children[0]);
            if (!column || children.size() < 2) continue;
            std::vector<std::string> texts;
            for (size_t i = 1; i < children.size(); i++) {
                if (auto *text = TextOf(*children[i])) texts.push_back(*text);
            }
            if (texts.size() + 1 != children.size()) continue;
            add(ExpressionType::COMPARE_LESSTHANOREQUALTO, *column, std::ranges::max(texts));
            for (std::string &text : texts) text = WithoutBlanks(std::move(text));
            add(ExpressionType::COMPARE_GREATERTHANOREQUALTO, *column, std::ranges::min(texts));
        } else if (filter->GetExpressionClass() == duckdb::ExpressionClass::BOUND_COMPARISON) {
            auto &comparison = filter->Cast<duckdb::BoundComparisonExpression>();
            Expression *column = RawColumn(*comparison.left), *other = comparison.right.get();
            ExpressionType type = comparison.GetExpressionType();
            if (!column) {
                column = RawColumn(*comparison.right);
                other = comparison.left.get();
                type = duckdb::FlipComparisonExpression(type);
            }
            const std::string *text = column ? TextOf(*other) : nullptr;
            if (!text) continue;
            bool equal = type == ExpressionType::COMPARE_EQUAL || type == ExpressionType::COMPARE_NOT_DISTINCT_FROM;
            bool less = type == ExpressionType::COMPARE_LESSTHAN || type == ExpressionType::COMPARE_LESSTHANOREQUALTO;
            if (equal || less) add(ExpressionType::COMPARE_LESSTHANOREQUALTO, *column, *text);
            if (equal) add(ExpressionType::COMPARE_GREATERTHANOREQUALTO, *column, WithoutBlanks(*text));
        }
    }
    for (auto &filter : more) filters.push_back(std::move(filter));
}

std::optional<DataType> CharTypeOf(const Field &field) {
    auto spelled = delta::MetadataText(field, "__CHAR_VARCHAR_TYPE_STRING");
    if (!spelled) return std::nullopt;
    auto type = sql::ParseDataType(*spelled);
    // Text of a stranger: what does not parse bounds nothing.
    if (!type || type->kind != field.type.kind || !HoldsChar(*type)) return std::nullopt;
    return *std::move(type);
}

void RegisterCharFunction(duckdb::DatabaseInstance &db) {
    duckdb::ScalarFunction function(kCharFunction, {LogicalType::ANY, LogicalType::VARCHAR}, LogicalType::ANY, FillChunk, BindChar);
    duckdb::ExtensionLoader(db, "tarn").RegisterFunction(function);
}

void RegisterCharColumns(duckdb::DBConfig &config) {
    duckdb::OptimizerExtension extension;
    extension.pre_optimize_function = RewritePlan;
    duckdb::OptimizerExtension::Register(config, std::move(extension));
}

}  // namespace tarn::engine
