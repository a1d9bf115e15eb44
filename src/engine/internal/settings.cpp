#include "engine/internal/settings.h"

#include <algorithm>

#include "delta/table_properties.h"
#include "engine/internal/statements.h"

namespace tarn::engine {
namespace {

// The only value that is kept up of a setting that changes answers.
struct Fixed {
    std::string_view key;  // In lower case.
    std::initializer_list<std::string_view> values;
};
const Fixed kFixed[] = {
    {"ansi_mode", {"true"}},
    {"spark.sql.ansi.enabled", {"true"}},
    {"spark.sql.casesensitive", {"false"}},
    {"spark.sql.groupbyaliases", {"true"}},
    {"spark.sql.groupbyordinal", {"true"}},
    {"spark.sql.mapkeydeduppolicy", {"EXCEPTION"}},
    {"spark.sql.orderbyordinal", {"true"}},
    {"spark.sql.session.timezone", {"UTC", "Etc/UTC", "GMT", "Z", "+00:00"}},
    {"spark.sql.storeassignmentpolicy", {"ANSI"}},
    {"spark.sql.timestamptype", {"TIMESTAMP_LTZ"}},
    {"timezone", {"UTC", "Etc/UTC", "GMT", "Z", "+00:00"}},
};
constexpr std::string_view kLegacy = "spark.sql.legacy.";
constexpr std::string_view kDefaults = "spark.databricks.delta.properties.defaults.";

std::string Unquoted(const std::string &value) {
    bool quoted = value.size() >= 2 && (value.front() == '\'' || value.front() == '"') && value.back() == value.front();
    return quoted ? value.substr(1, value.size() - 2) : value;
}

Result<void> CheckSetting(const std::string &key, const std::string &value) {
    std::string lower = ToLower(key);
    auto refuse = [&](const std::string &kept) {
        return Fail(ErrorKind::kUnsupported, "FEATURE_NOT_SUPPORTED", "SET " + key + " = " + value + " would change what queries answer; " + kept + ".");
    };
    for (const Fixed &fixed : kFixed) {
        bool good = std::ranges::any_of(fixed.values, [&](std::string_view one) { return EqualsIgnoreCase(one, value); });
        if (fixed.key == lower && !good) return refuse("it is always " + std::string(*fixed.values.begin()));
    }
    bool legacy = lower.starts_with(kLegacy) && !EqualsIgnoreCase(value, "false") && !EqualsIgnoreCase(value, "EXCEPTION") && !EqualsIgnoreCase(value, "CORRECTED");
    if (legacy) return refuse("behaviour of older versions of Spark is not supported");
    if (lower.starts_with(kDefaults)) TARN_CHECK(delta::CheckProperty("delta." + key.substr(kDefaults.size()), value));
    if (lower == kCodecSetting) TARN_CHECK(delta::CheckProperty("delta.parquet.compression.codec", value));
    return {};
}

}  // namespace

std::string SettingOr(const SessionState &session, const std::string &key, const std::string &fallback) {
    for (auto &[name, value] : session.settings) {
        if (EqualsIgnoreCase(name, key)) return value;
    }
    return fallback;
}

bool BoolSetting(const SessionState &session, const std::string &key, bool fallback) {
    return EqualsIgnoreCase(SettingOr(session, key, fallback ? "true" : "false"), "true");
}

Result<delta::StringMap> DefaultProperties(const SessionState &session) {
    delta::StringMap properties;
    for (auto &[key, value] : session.settings) {
        if (ToLower(key).starts_with(kDefaults)) properties["delta." + key.substr(kDefaults.size())] = value;
    }
    return delta::CheckProperties(properties);
}

Result<ResultPtr> Execute(SessionState &session, const sql::Set &statement) {
    if (statement.time_zone) {
        if (statement.value && *statement.value != "LOCAL") TARN_CHECK(CheckSetting("TIMEZONE", *statement.value));
        return NoRows();
    }
    std::vector<Column> columns = {{"key", DataType::Of(TypeKind::kString)}, {"value", DataType::Of(TypeKind::kString)}};
    if (statement.all) {
        std::vector<std::vector<std::optional<std::string>>> rows;
        for (auto &[key, value] : session.settings) rows.push_back({key, value});
        return RowsResult(std::move(columns), std::move(rows));
    }
    if (statement.value) {
        std::string value = Unquoted(*statement.value);
        TARN_CHECK(CheckSetting(statement.key, value));
        session.settings[statement.key] = value;
    }
    auto it = session.settings.find(statement.key);
    return RowsResult(std::move(columns), {{statement.key, it == session.settings.end() ? "<undefined>" : it->second}});
}

}  // namespace tarn::engine
