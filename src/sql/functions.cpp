// Looking functions up. The tables: functions_text.cpp, functions_number.cpp, functions_time.cpp, functions_nested.cpp,
// functions_aggregate.cpp, functions_ai.cpp; the helpers: helpers.cpp.
#include "sql/functions.h"

#include <algorithm>

#include "sql/internal/function_tables.h"

namespace tarn::sql {
namespace {

// All specs, sorted by name; those of one name in the order of their table.
const std::vector<const FunctionSpec *> &AllSpecs() {
    static const std::vector<const FunctionSpec *> kAll = [] {
        std::vector<const FunctionSpec *> all;
        for (std::span<const FunctionSpec> table : {TextFunctions(), NumberFunctions(), TimeFunctions(), NestedFunctions(),
                                                    AggregateFunctions(), AiFunctions(), OtherFunctions()}) {
            for (const FunctionSpec &spec : table) all.push_back(&spec);
        }
        std::ranges::stable_sort(all, {}, &FunctionSpec::name);
        return all;
    }();
    return kAll;
}

}  // namespace

std::vector<const FunctionSpec *> FindFunctions(std::string_view lower_name) {
    auto [begin, end] = std::ranges::equal_range(AllSpecs(), lower_name, {}, &FunctionSpec::name);
    return {begin, end};
}

const std::vector<std::string_view> &FunctionNames() {
    static const std::vector<std::string_view> kNames = [] {
        std::vector<std::string_view> names;
        for (const FunctionSpec *spec : AllSpecs()) {
            if (names.empty() || names.back() != spec->name) names.push_back(spec->name);
        }
        return names;
    }();
    return kNames;
}

}  // namespace tarn::sql
