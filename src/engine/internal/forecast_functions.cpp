// tarn_forecast and tarn_top_drivers: lists of rows to lists of results.
#include "engine/internal/forecast_functions.h"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>
#include <thread>

#include "ai/drivers.h"
#include "ai/forecast.h"
#include "engine/internal/duck_error.h"

#include "duckdb/common/vector_operations/vector_operations.hpp"
#include "duckdb/execution/expression_executor_state.hpp"
#include "duckdb/main/extension/extension_loader.hpp"
#include "duckdb/parallel/task_scheduler.hpp"
#include "duckdb/planner/expression/bound_function_expression.hpp"

namespace tarn::engine {
namespace {

using namespace duckdb;

[[noreturn]] void Throw(std::string_view condition, std::string message) { ThrowThroughDuckDB(MakeError(ErrorKind::kInvalidInput, condition, std::move(message))); }

// ---- ai_forecast -----------------------------------------------------------------------------------------------------

LogicalType MetricsType() {
    child_list_t<LogicalType> parts;
    for (const char *part : {"forecast", "upper", "lower"}) parts.emplace_back(part, LogicalType::DOUBLE);
    return LogicalType::LIST(LogicalType::STRUCT(std::move(parts)));
}

// LIST(STRUCT(t, v)) in and out; t keeps the type of the time column.
unique_ptr<FunctionData> BindForecast(ClientContext &, ScalarFunction &function, duckdb::vector<unique_ptr<Expression>> &arguments) {
    auto &rows = arguments[0]->return_type;
    if (rows.id() != LogicalTypeId::LIST || ListType::GetChildType(rows).id() != LogicalTypeId::STRUCT) throw InternalException("tarn_forecast: a list of structs");
    LogicalType time = StructType::GetChildType(ListType::GetChildType(rows), 0);
    if (time.id() != LogicalTypeId::DATE && time.id() != LogicalTypeId::TIMESTAMP && time.id() != LogicalTypeId::TIMESTAMP_TZ) {
        Throw("DATATYPE_MISMATCH.UNEXPECTED_INPUT_TYPE", "The time_col of ai_forecast is a DATE or a TIMESTAMP.");
    }
    function.arguments[0] = rows;
    child_list_t<LogicalType> out;
    out.emplace_back("t", time);
    out.emplace_back("v", MetricsType());
    function.SetReturnType(LogicalType::LIST(LogicalType::STRUCT(std::move(out))));
    return nullptr;
}

constexpr int64_t kDayMicros = 86400LL * 1000000;

int64_t MicrosOf(const Value &time) {
    if (time.type().id() == LogicalTypeId::DATE) return int64_t{time.GetValueUnsafe<date_t>().days} * kDayMicros;
    return time.GetValueUnsafe<timestamp_t>().value;
}

Value TimeValue(const LogicalType &type, int64_t micros) {
    if (type.id() == LogicalTypeId::DATE) return Value::DATE(date_t(static_cast<int32_t>(micros / kDayMicros - (micros % kDayMicros < 0))));
    return type.id() == LogicalTypeId::TIMESTAMP ? Value::TIMESTAMP(timestamp_t(micros)) : Value::TIMESTAMPTZ(timestamp_tz_t(micros));
}

std::optional<double> NumberOf(const nlohmann::json &value, const std::string &key) {
    if (value.is_number()) return value.get<double>();
    Throw("INVALID_PARAMETER_VALUE", "The parameter " + key + " of ai_forecast is a number.");
}

// {"global_floor": 0, "weekly_order": 0, "model": "AAA", "season_length": 12}
void ReadParameters(const std::string &text, ai::ForecastOptions &options) {
    nlohmann::json json = nlohmann::json::parse(text, nullptr, false);
    if (!json.is_object()) Throw("INVALID_PARAMETER_VALUE", "The parameters of ai_forecast are a JSON object.");
    bool no_day = false, no_week = false;
    for (const auto &[key, value] : json.items()) {
        if (key == "global_floor") options.floor = NumberOf(value, key);
        else if (key == "global_cap") options.cap = NumberOf(value, key);
        else if (key == "daily_order") no_day = NumberOf(value, key) == 0;
        else if (key == "weekly_order") no_week = NumberOf(value, key) == 0;
        else if (key == "season_length") options.season = static_cast<int>(std::clamp(*NumberOf(value, key), 0.0, 1e6));
        else if (key == "model" && value.is_string()) options.model = value.get<std::string>();
        else Throw("INVALID_PARAMETER_VALUE", "The parameter " + key + " of ai_forecast is not known. There are: global_floor, global_cap, daily_order, weekly_order, model, season_length.");
    }
    // Orders say how closely a season is followed; ours is exact. 0 takes it away.
    if (!options.frequency || options.season) return;
    bool day = options.frequency->micros > 0 && options.frequency->micros < kDayMicros;
    bool week = options.frequency->micros == kDayMicros;
    if ((no_day && day) || (no_week && week)) options.season = 1;
}

struct Row {
    int64_t time;
    duckdb::vector<double> values;
};

std::vector<Row> RowsOf(const Value &list) {
    std::vector<Row> rows;
    for (const Value &entry : ListValue::GetChildren(list)) {
        auto &parts = StructValue::GetChildren(entry);
        if (parts[0].IsNull()) continue;
        if (parts[0].type().id() != LogicalTypeId::DATE && !Timestamp::IsFinite(parts[0].GetValueUnsafe<timestamp_t>())) continue;
        Row row{MicrosOf(parts[0]), {}};
        for (const Value &value : ListValue::GetChildren(parts[1])) {
            row.values.push_back(value.IsNull() ? std::numeric_limits<double>::quiet_NaN() : value.GetValue<double>());
        }
        rows.push_back(std::move(row));
    }
    return rows;
}

// One group of one call: what is asked, and what came out of each metric; all share the group's times.
struct Group {
    std::vector<Row> rows;
    ai::ForecastOptions options;
    std::vector<std::optional<ai::Forecast>> forecasts;  // nullopt: a column of NULLs stays one.
    std::optional<Error> error;
};

void Compute(Group &group) {
    for (size_t metric = 0; metric < group.rows[0].values.size(); metric++) {
        std::vector<ai::Observation> observations;
        bool any = false;
        for (const Row &row : group.rows) {
            observations.push_back({row.time, row.values[metric]});
            any |= std::isfinite(row.values[metric]);
        }
        group.forecasts.emplace_back();
        if (!any) continue;
        auto forecast = ai::MakeForecast(std::move(observations), group.options);
        if (!forecast) {
            group.error = forecast.error();
            return;
        }
        group.forecasts.back() = std::move(*forecast);
    }
}

// A chunk's groups come to one thread of DuckDB's; the others help.
void ComputeAll(std::vector<Group> &groups, size_t threads) {
    std::atomic<size_t> next = 0;
    auto work = [&] {
        for (size_t i; (i = next++) < groups.size();) {
            if (!groups[i].rows.empty()) Compute(groups[i]);
        }
    };
    std::vector<std::jthread> helpers;
    for (size_t i = 1; i < std::min(threads, groups.size()); i++) helpers.emplace_back(work);
    work();
}

Value ValueOf(const Group &group, const LogicalType &type) {
    auto &row_type = ListType::GetChildType(type);
    LogicalType time_type = StructType::GetChildType(row_type, 0);
    LogicalType metrics_type = StructType::GetChildType(row_type, 1);
    auto &metric_type = ListType::GetChildType(metrics_type);
    auto first = std::ranges::find_if(group.forecasts, [](const auto &forecast) { return forecast.has_value(); });
    if (first == group.forecasts.end()) return Value(type);
    duckdb::vector<Value> out;
    for (size_t h = 0; h < (*first)->points.size(); h++) {
        duckdb::vector<Value> metrics;
        for (const auto &forecast : group.forecasts) {
            if (!forecast) {
                metrics.push_back(Value(metric_type));
                continue;
            }
            const ai::ForecastPoint &point = forecast->points[h];
            metrics.push_back(Value::STRUCT(metric_type, {Value::DOUBLE(point.value), Value::DOUBLE(point.upper), Value::DOUBLE(point.lower)}));
        }
        out.push_back(Value::STRUCT(row_type, {TimeValue(time_type, (*first)->points[h].time), Value::LIST(metric_type, std::move(metrics))}));
    }
    return Value::LIST(row_type, std::move(out));
}

// What a metric lacks at the end of its group is missing, not the end: forecasts of one group begin at one time.
void Align(const std::vector<Row> &rows, ai::ForecastOptions &options) {
    std::vector<int64_t> times;
    for (const Row &row : rows) times.push_back(row.time);
    std::ranges::sort(times);
    times.erase(std::unique(times.begin(), times.end()), times.end());
    if (!options.frequency) options.frequency = ai::InferFrequency(times);
    options.last = times.back();
}

Group ReadGroup(DataChunk &args, idx_t i) {
    Group group;
    Value list = args.data[0].GetValue(i);
    if (!list.IsNull()) group.rows = RowsOf(list);
    if (group.rows.empty()) return group;
    Value horizon = args.data[1].GetValue(i), width = args.data[2].GetValue(i);
    if (horizon.IsNull() || width.IsNull()) Throw("INVALID_PARAMETER_VALUE", "horizon and prediction_interval_width of ai_forecast must not be NULL.");
    group.options.horizon = horizon.GetValueUnsafe<timestamp_t>().value;
    group.options.interval_width = width.GetValue<double>();
    Value frequency = args.data[3].GetValue(i), seed = args.data[4].GetValue(i), parameters = args.data[5].GetValue(i);
    if (!frequency.IsNull() && !EqualsIgnoreCase(frequency.ToString(), "auto")) {
        auto parsed = ai::ParseFrequency(frequency.ToString());
        if (!parsed) ThrowThroughDuckDB(parsed.error());
        group.options.frequency = *parsed;
    }
    if (!seed.IsNull()) group.options.seed = static_cast<uint64_t>(seed.GetValue<int64_t>());
    Align(group.rows, group.options);
    ReadParameters(parameters.IsNull() ? "{}" : parameters.ToString(), group.options);
    return group;
}

void ForecastRows(DataChunk &args, ExpressionState &state, Vector &result) {
    std::vector<Group> groups;
    for (idx_t i = 0; i < args.size(); i++) groups.push_back(ReadGroup(args, i));
    ComputeAll(groups, static_cast<size_t>(TaskScheduler::GetScheduler(state.GetContext()).NumberOfThreads()));
    for (idx_t i = 0; i < args.size(); i++) {
        if (groups[i].error) ThrowThroughDuckDB(*groups[i].error);
        result.SetValue(i, ValueOf(groups[i], result.GetType()));
    }
}

// ---- ai_top_drivers --------------------------------------------------------------------------------------------------

constexpr std::pair<const char *, std::optional<double> ai::Driver::*> kMeasures[] = {
    {"metric_control", &ai::Driver::control},
    {"metric_test", &ai::Driver::test},
    {"difference", &ai::Driver::difference},
    {"relative_difference", &ai::Driver::relative_difference},
    {"unexpected_difference", &ai::Driver::unexpected_difference},
    {"relative_unexpected_difference", &ai::Driver::relative_unexpected_difference},
};

LogicalType DriverType() {
    child_list_t<LogicalType> out;
    out.emplace_back("contributor", LogicalType::LIST(LogicalType::VARCHAR));
    for (const auto &[name, member] : kMeasures) out.emplace_back(name, LogicalType::DOUBLE);
    out.emplace_back("support", LogicalType::DOUBLE);
    out.emplace_back("contribution", LogicalType::DOUBLE);
    return LogicalType::STRUCT(std::move(out));
}

// LIST(STRUCT(m, t, d STRUCT(dimensions))), aggregation, least support, [names of metric and test]
unique_ptr<FunctionData> BindDrivers(ClientContext &, ScalarFunction &function, duckdb::vector<unique_ptr<Expression>> &arguments) {
    auto &rows = arguments[0]->return_type;
    if (rows.id() != LogicalTypeId::LIST || ListType::GetChildType(rows).id() != LogicalTypeId::STRUCT) throw InternalException("tarn_top_drivers: a list of structs");
    auto &row = ListType::GetChildType(rows);
    if (!StructType::GetChildType(row, 0).IsNumeric()) Throw("DATATYPE_MISMATCH.UNEXPECTED_INPUT_TYPE", "The metric of ai_top_drivers is a numeric column.");
    if (StructType::GetChildType(row, 1).id() != LogicalTypeId::BOOLEAN) Throw("DATATYPE_MISMATCH.UNEXPECTED_INPUT_TYPE", "is_test of ai_top_drivers is a BOOLEAN column.");
    function.arguments[0] = rows;
    return nullptr;
}

// A column as text, or as numbers, of the rows that count.
class ColumnReader {
public:
    ColumnReader(Vector &source, const LogicalType &type, idx_t count) : cast_(type, count) {
        VectorOperations::DefaultCast(source, cast_, count);
        cast_.ToUnifiedFormat(count, format_);
    }
    bool IsNull(idx_t row) const { return !format_.validity.RowIsValid(format_.sel->get_index(row)); }
    template <class T>
    const T &Get(idx_t row) const { return UnifiedVectorFormat::GetData<T>(format_)[format_.sel->get_index(row)]; }

private:
    Vector cast_;
    UnifiedVectorFormat format_;
};

ai::Dimension DimensionOf(const std::string &name, Vector &column, idx_t count, const std::vector<idx_t> &rows) {
    ColumnReader texts(column, LogicalType::VARCHAR, count);
    std::vector<std::optional<std::string_view>> text_values;
    for (idx_t row : rows) {
        if (texts.IsNull(row)) {
            text_values.emplace_back();
            continue;
        }
        const string_t &text = texts.Get<string_t>(row);
        text_values.emplace_back(std::string_view(text.GetData(), text.GetSize()));
    }
    if (!column.GetType().IsNumeric()) return ai::TextDimension(name, text_values);
    ColumnReader numbers(column, LogicalType::DOUBLE, count);
    std::vector<std::optional<double>> number_values;
    for (idx_t row : rows) number_values.push_back(numbers.IsNull(row) ? std::nullopt : std::optional(numbers.Get<double>(row)));
    return ai::NumberDimension(name, number_values, text_values);
}

Value DriverValue(const ai::Driver &driver, const LogicalType &type) {
    duckdb::vector<Value> contributor, parts;
    for (const std::string &part : driver.contributor) contributor.push_back(Value(part));
    parts.push_back(Value::LIST(LogicalType::VARCHAR, std::move(contributor)));
    for (const auto &[name, member] : kMeasures) parts.push_back(driver.*member ? Value::DOUBLE(*(driver.*member)) : Value(LogicalType::DOUBLE));
    parts.push_back(Value::DOUBLE(driver.support));
    parts.push_back(Value::DOUBLE(driver.contribution));
    return Value::STRUCT(type, std::move(parts));
}

void FindDrivers(DataChunk &args, ExpressionState &, Vector &result) {
    auto &type = ListType::GetChildType(result.GetType());
    if (args.size() == 0) return;
    args.data[0].Flatten(args.size());
    auto lists = ListVector::GetData(args.data[0]);
    idx_t count = ListVector::GetListSize(args.data[0]);
    auto &entries = StructVector::GetEntries(ListVector::GetEntry(args.data[0]));
    ColumnReader metric(*entries[0], LogicalType::DOUBLE, count), is_test(*entries[1], LogicalType::BOOLEAN, count);
    auto &dimension_type = entries[2]->GetType();
    auto &columns = StructVector::GetEntries(*entries[2]);
    for (idx_t i = 0; i < args.size(); i++) {
        if (FlatVector::IsNull(args.data[0], i)) {
            result.SetValue(i, Value(result.GetType()));
            continue;
        }
        ai::DriverRows rows;
        std::vector<idx_t> numbers;
        for (idx_t row = lists[i].offset; row < lists[i].offset + lists[i].length; row++) {
            if (metric.IsNull(row) || is_test.IsNull(row) || !std::isfinite(metric.Get<double>(row))) continue;
            rows.metric.push_back(metric.Get<double>(row));
            rows.test.push_back(is_test.Get<bool>(row));
            numbers.push_back(row);
        }
        std::vector<ai::Dimension> dimensions;
        auto roles = ListValue::GetChildren(args.data[3].GetValue(i));
        for (idx_t d = 0; d < columns.size(); d++) {
            const std::string &name = StructType::GetChildName(dimension_type, d);
            bool has_role = EqualsIgnoreCase(name, roles[0].ToString()) || EqualsIgnoreCase(name, roles[1].ToString());
            if (columns[d]->GetType().IsNested() || has_role) continue;
            dimensions.push_back(DimensionOf(name, *columns[d], count, numbers));
        }
        auto aggregation = ai::ParseAggregation(args.data[1].GetValue(i).ToString());
        if (!aggregation) ThrowThroughDuckDB(aggregation.error());
        Value support = args.data[2].GetValue(i);
        auto drivers = ai::TopDrivers(rows, std::move(dimensions), *aggregation, support.IsNull() ? 0.05 : support.GetValue<double>());
        if (!drivers) ThrowThroughDuckDB(drivers.error());
        duckdb::vector<Value> out;
        for (const ai::Driver &driver : *drivers) out.push_back(DriverValue(driver, type));
        result.SetValue(i, Value::LIST(type, std::move(out)));
    }
}

}  // namespace

void RegisterForecastFunctions(DatabaseInstance &db) {
    ExtensionLoader loader(db, "tarn");
    ScalarFunction forecast("tarn_forecast",
                            {LogicalType::ANY, LogicalType::TIMESTAMP, LogicalType::DOUBLE, LogicalType::VARCHAR, LogicalType::BIGINT, LogicalType::VARCHAR},
                            LogicalType::LIST(LogicalType::ANY), ForecastRows, BindForecast);
    ScalarFunction drivers("tarn_top_drivers", {LogicalType::ANY, LogicalType::VARCHAR, LogicalType::DOUBLE, LogicalType::LIST(LogicalType::VARCHAR)}, LogicalType::LIST(DriverType()), FindDrivers, BindDrivers);
    for (ScalarFunction *function : {&forecast, &drivers}) {
        function->SetNullHandling(FunctionNullHandling::SPECIAL_HANDLING);
        function->SetFallible();
        loader.RegisterFunction(*function);
    }
}

}  // namespace tarn::engine
