// ai_forecast(observed => TABLE(…), …) and ai_top_drivers(input => TABLE(…), …) as DuckDB text.
#include <algorithm>
#include <map>

#include "engine/internal/forecast_functions.h"

namespace tarn::engine {
namespace {

struct Signature {
    std::string_view name;
    std::vector<std::string_view> parameters;  // In the order of arguments without a name.
    size_t required;
};

const Signature kForecast = {"ai_forecast",
                             {"observed", "horizon", "time_col", "value_col", "group_col", "prediction_interval_width", "frequency", "seed", "parameters"}, 4};
const Signature kDrivers = {"ai_top_drivers", {"input", "metric", "is_test", "dimensions", "aggregation", "min_support"}, 3};

constexpr size_t kMostMetrics = 100;

// The arguments of a call by their parameters' names.
class Arguments {
public:
    static Result<Arguments> Of(const Signature &signature, const sql::TableFunction &function, const std::vector<sql::RenderedArgument> &args,
                                const sql::Parameters &parameters) {
        Arguments out(signature, parameters);
        for (size_t i = 0; i < args.size(); i++) {
            std::string name = ToLower(args[i].name);
            if (name.empty()) {
                if (i >= signature.parameters.size()) return out.Wrong("WRONG_NUM_ARGS.WITHOUT_SUGGESTION", "has at most " + std::to_string(signature.parameters.size()) + " arguments");
                name = signature.parameters[i];
            }
            if (std::ranges::find(signature.parameters, name) == signature.parameters.end()) return out.Wrong("UNRECOGNIZED_PARAMETER_NAME", "has no parameter " + name + out.Known());
            if (!out.values_.emplace(name, Value{args[i].spelling, function.args[i].value}).second) {
                return out.Wrong("DUPLICATE_ROUTINE_PARAMETER_ASSIGNMENT.DOUBLE_NAMED_ARGUMENT_REFERENCE", "was given " + name + " twice");
            }
        }
        for (size_t i = 0; i < signature.required; i++) {
            if (!out.Has(std::string(signature.parameters[i]))) return out.Wrong("REQUIRED_PARAMETER_NOT_FOUND", "needs " + std::string(signature.parameters[i]) + out.Known());
        }
        return out;
    }

    // Given, and not as NULL.
    bool Has(const std::string &name) const {
        auto found = values_.find(name);
        if (found == values_.end()) return false;
        const auto *literal = Resolve(*found->second.tree).As<sql::Literal>();
        return literal == nullptr || literal->type.kind != TypeKind::kNull;
    }
    std::string Spelling(const std::string &name, const std::string &otherwise) const { return Has(name) ? "(" + values_.at(name).spelling + ")" : otherwise; }

    Result<std::string> Table(const std::string &name) const {
        const Value &value = values_.at(name);
        if (value.tree->As<sql::ScalarSubquery>() != nullptr) return value.spelling;
        return Wrong("INVALID_PARAMETER_VALUE", "takes rows as " + name + ": write " + name + " => TABLE(a_table) or " + name + " => TABLE(SELECT …)");
    }
    // One text, or an array of texts; none when not given.
    Result<std::vector<std::string>> Texts(const std::string &name) const {
        std::vector<std::string> texts;
        if (!Has(name)) return texts;
        const sql::Expr &expr = Resolve(*values_.at(name).tree);
        auto add = [&](const sql::Expr &item) {
            const auto *literal = Resolve(item).As<sql::Literal>();
            if (literal == nullptr || literal->type.kind != TypeKind::kString) return false;
            texts.push_back(literal->text);
            return true;
        };
        const auto *array = expr.As<sql::FunctionCall>();
        bool good = array == nullptr ? add(expr) : EqualsIgnoreCase(array->name.Last(), "array") && std::ranges::all_of(array->args, [&](const sql::Argument &item) { return add(*item.value); });
        if (!good || texts.empty()) return Wrong("INVALID_PARAMETER_VALUE", "takes constant column names as " + name + ": a string, or an array of strings");
        return texts;
    }
    Result<std::string> Text(const std::string &name) const {
        TARN_TRY(std::vector<std::string> texts, Texts(name));
        if (texts.size() == 1) return texts[0];
        return Wrong("INVALID_PARAMETER_VALUE", "takes one constant string as " + name);
    }

private:
    struct Value {
        std::string spelling;
        sql::ExprPtr tree;
    };

    Arguments(const Signature &signature, const sql::Parameters &parameters) : signature_(signature), parameters_(parameters) {}

    const sql::Expr &Resolve(const sql::Expr &expr) const {
        const auto *parameter = expr.As<sql::Parameter>();
        if (parameter == nullptr) return expr;
        auto found = parameters_.find(parameter->name);
        return found == parameters_.end() ? expr : *found->second;
    }
    std::string Known() const {
        std::string list;
        for (std::string_view name : signature_.parameters) list += (list.empty() ? ". Its parameters: " : ", ") + std::string(name);
        return list;
    }
    std::unexpected<Error> Wrong(std::string_view condition, const std::string &what) const {
        return Fail(ErrorKind::kInvalidInput, condition, std::string(signature_.name) + " " + what + ".");
    }

    const Signature &signature_;
    const sql::Parameters &parameters_;
    std::map<std::string, Value> values_;
};

std::string List(const std::vector<std::string> &names, std::string_view before = "") {
    std::string out;
    for (const std::string &name : names) out += (out.empty() ? std::string(before) : ", ") + sql::QuoteIdentifier(name);
    return out;
}

// The parameters of the model: JSON, or the name of a column that holds it.
Result<std::string> ModelParameters(const Arguments &args) {
    if (!args.Has("parameters")) return std::string("'{}'");
    TARN_TRY(std::string text, args.Text("parameters"));
    size_t first = text.find_first_not_of(" \t\r\n");
    bool json = first == std::string::npos || text[first] == '{';
    if (json) return sql::QuoteLiteral(first == std::string::npos ? "{}" : text);
    return "COALESCE(any_value(CAST(" + sql::QuoteIdentifier(text) + " AS VARCHAR)), '{}')";
}

Result<std::string> RenderForecast(const Arguments &args) {
    TARN_TRY(std::string observed, args.Table("observed"));
    TARN_TRY(std::string time, args.Text("time_col"));
    TARN_TRY(std::vector<std::string> values, args.Texts("value_col"));
    TARN_TRY(std::vector<std::string> groups, args.Texts("group_col"));
    TARN_TRY(std::string parameters, ModelParameters(args));
    if (values.size() > kMostMetrics) return Fail(ErrorKind::kInvalidInput, "INVALID_PARAMETER_VALUE", "ai_forecast forecasts at most 100 columns at once.");
    std::string numbers, columns;
    for (size_t i = 0; i < values.size(); i++) {
        numbers += (i > 0 ? ", " : "") + ("CAST(" + sql::QuoteIdentifier(values[i]) + " AS DOUBLE)");
        std::string at = "r.v[" + std::to_string(i + 1) + "].";
        for (std::string_view part : {"forecast", "upper", "lower"}) {
            columns += ", " + at + std::string(part) + " AS " + sql::QuoteIdentifier(values[i] + "_" + std::string(part));
        }
    }
    std::string call = "tarn_forecast(list(struct_pack(t := " + sql::QuoteIdentifier(time) + ", v := [" + numbers + "])), CAST(" +
                       args.Spelling("horizon", "NULL") + " AS TIMESTAMP), CAST(" + args.Spelling("prediction_interval_width", "0.95") + " AS DOUBLE), CAST(" +
                       args.Spelling("frequency", "'auto'") + " AS VARCHAR), CAST(" + args.Spelling("seed", "1") + " AS BIGINT), " + parameters + ")";
    std::string keys = List(groups);
    std::string lead = keys.empty() ? "" : keys + ", ";
    return "(SELECT r.t AS " + sql::QuoteIdentifier(time) + List(groups, ", ") + columns + " FROM (SELECT " + lead + "unnest(r) AS r FROM (SELECT " + lead + call +
           " AS r FROM " + observed + " AS tarn_observed" + (keys.empty() ? "" : " GROUP BY " + keys) + ")))";
}

Result<std::string> RenderDrivers(const Arguments &args) {
    TARN_TRY(std::string input, args.Table("input"));
    TARN_TRY(std::string metric, args.Text("metric"));
    TARN_TRY(std::string is_test, args.Text("is_test"));
    TARN_TRY(std::vector<std::string> dimensions, args.Texts("dimensions"));
    auto is_role = [&](const std::string &name) { return EqualsIgnoreCase(name, metric) || EqualsIgnoreCase(name, is_test); };
    if (auto role = std::ranges::find_if(dimensions, is_role); role != dimensions.end()) {
        return Fail(ErrorKind::kInvalidInput, "INVALID_PARAMETER_VALUE", "The dimension " + *role + " is the metric or is_test of ai_top_drivers.");
    }
    // Without dimensions the whole row; the function leaves out the two columns that have another role. It reads names and types of
    // columns from the list's type.
    std::string row = "tarn_input";
    if (!dimensions.empty()) {
        row.clear();
        for (const std::string &name : dimensions) row += (row.empty() ? "struct_pack(" : ", ") + sql::QuoteIdentifier(name) + " := " + sql::QuoteIdentifier(name);
        row += ")";
    }
    return "(SELECT unnest(r, recursive := true) FROM (SELECT tarn_top_drivers(list(struct_pack(m := " + sql::QuoteIdentifier(metric) + ", t := " +
           sql::QuoteIdentifier(is_test) + ", d := " + row + ")), CAST(" + args.Spelling("aggregation", "'sum'") + " AS VARCHAR), CAST(" +
           args.Spelling("min_support", "0.05") + " AS DOUBLE), [" + sql::QuoteLiteral(metric) + ", " + sql::QuoteLiteral(is_test) + "]) AS r FROM " + input +
           " AS tarn_input))";
}

}  // namespace

bool IsForecastFunction(const sql::TableFunction &function) {
    return function.name.parts.size() == 1 && (EqualsIgnoreCase(function.name.Last(), kForecast.name) || EqualsIgnoreCase(function.name.Last(), kDrivers.name));
}

Result<std::string> RenderForecastFunction(const sql::TableFunction &function, const std::vector<sql::RenderedArgument> &args, const sql::Parameters &parameters) {
    bool forecast = EqualsIgnoreCase(function.name.Last(), kForecast.name);
    TARN_TRY(Arguments arguments, Arguments::Of(forecast ? kForecast : kDrivers, function, args, parameters));
    return forecast ? RenderForecast(arguments) : RenderDrivers(arguments);
}

}  // namespace tarn::engine
