// dashboards/values.h: the values of a dashboard's parameters: from a URL or JSON, checked, and bound to SQL.
//
// Values never become text of a statement: they are constants of sql/parameters.h.
// Threads: pure functions.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "dashboards/model.h"
#include "sql/parameters.h"

namespace tarn::dashboards {

using UrlQuery = std::vector<std::pair<std::string, std::string>>;  // Decoded; a name may come several times.

// "a=1&b=x+y%20z". Bytes that are no UTF-8 are replaced.
UrlQuery ParseUrlQuery(std::string_view query);

// The values that the URL gives: name=value, several times for multi_select, name.min and name.max for date_range.
// Names that are no parameters are passed over. Errors: INVALID_PARAMETER_VALUE (not a number, out of bounds, none of the options).
Result<Values> ValuesFromUrl(const Dashboard &dashboard, const UrlQuery &query);
// The same from the JSON text of an object. Errors: also for a text that is not one.
Result<Values> ValuesFromJson(const Dashboard &dashboard, std::string_view json);

// A value when nobody gave one, as far as it is known without running a query: nullopt for a dropdown whose options a query gives.
std::optional<Value> DefaultOf(const Parameter &parameter);

std::string ToJson(const Value &value);
// {"name": value, …} of these parameters, in this order; the key under which results are kept.
std::string ToJson(const Values &values, const std::vector<std::string> &names);

// What :name stands for. Errors: CAST_INVALID_INPUT.
Result<sql::ExprPtr> ToSql(const Parameter &parameter, const Value &value);

}  // namespace tarn::dashboards
