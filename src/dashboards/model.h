// dashboards/model.h: a dashboard as written: parameters, named queries, and the blocks of its page.
//
// Built by ParseMarkdown (markdown.h) or ParseLakeview (lakeview.h); nothing here runs anything.
// Threads: plain values.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/error.h"

namespace tarn::dashboards {

struct DateRange {
    std::string min, max;  // ISO dates, both inclusive; empty: open on that side.
    bool operator==(const DateRange &) const = default;
};

// A parameter's value: none, checkbox, number, text or date, multi-select, date range.
using Value = std::variant<std::monostate, bool, double, std::string, std::vector<std::string>, DateRange>;
using Values = std::map<std::string, Value, std::less<>>;  // By parameter name.

enum class ParameterType : uint8_t { kText, kNumber, kDate, kDateRange, kDropdown, kMultiSelect, kCheckbox, kSlider };

struct Option {
    std::string value, label;
};
struct OptionsQuery {
    std::string query, value, label;  // A named query and two of its columns.
};

struct Parameter {
    std::string name, label, description;
    ParameterType type = ParameterType::kText;
    std::optional<Value> default_value;  // Without: the first option, the bounds of a range, empty.
    std::optional<double> min, max, step;
    std::string min_date, max_date;
    std::vector<Option> options;
    std::optional<OptionsQuery> options_from;
    int line = 0;
};

struct NamedQuery {
    std::string name, sql;
    std::vector<std::string> parameters;  // Of the dashboard, that its text names, or one that it reads.
    std::vector<std::string> reads;       // Queries above it whose rows it reads by name, and what those read; in file order.
    int line = 0;
};

struct Condition {
    std::string query, column, op, value_json;  // op: = != < <= > >=
};

// Which blocks a page has. `json` is what the browser gets for kChart (short form) and kVegaLite (a whole specification).
struct Block {
    enum class Kind : uint8_t { kHtml, kChart, kVegaLite, kTabs, kTab, kGrid, kDetails, kNote, kIf, kError };
    Kind kind = Kind::kHtml;
    int line = 0;
    std::string text;     // kHtml: safe HTML; kTab, kDetails, kNote: the title; kError: the message
    std::string json;
    std::vector<std::string> queries;  // kChart, kVegaLite, kHtml: the named queries that it shows
    std::string style;    // kNote: note, tip, warning
    int columns = 2;      // kGrid
    bool open = false;    // kDetails
    Condition condition;  // kIf
    std::vector<Block> blocks, otherwise;
};

// A mistake in the file. The page shows it in its place; `tarn dashboard check` fails.
struct Problem {
    int line = 0;
    std::string message;
};

// A column that a block reads of a query, so that `check` can say which are not there.
struct ColumnUse {
    std::string query, column;
    int line = 0;
};

struct Dashboard {
    std::string name;  // Of its file, without ending: part of the URL.
    std::string title, description, group;
    std::string catalog, schema;  // For names in its SQL; empty: the project's.
    double order = 0;
    std::vector<Parameter> parameters;
    std::vector<NamedQuery> queries;
    std::vector<Block> blocks;
    std::vector<Problem> problems;
    std::vector<ColumnUse> columns_used;

    const Parameter *FindParameter(std::string_view parameter) const;
    const NamedQuery *FindQuery(std::string_view query) const;
};

}  // namespace tarn::dashboards
