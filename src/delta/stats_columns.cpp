// Which columns files have statistics of: the first ones, or those that delta.dataSkippingStatsColumns names.
#include <algorithm>
#include <cctype>
#include <span>
#include <utility>

#include "delta/internal/physical_field.h"
#include "delta/stats.h"

namespace tarn::delta {
namespace {

using Path = std::vector<std::string>;

constexpr const char *kListed = "delta.dataSkippingStatsColumns";

std::unexpected<Error> Invalid(const char *condition, std::string message) {
    return Fail(ErrorKind::kInvalidInput, condition, std::move(message));
}

// "a, `b.c`.d" -> {a}, {b.c, d}.
Result<std::vector<Path>> ParseColumns(std::string_view text) {
    std::vector<Path> columns;
    Path path;
    std::string part;
    bool quoted = false, written = false;
    auto end_part = [&] {
        if (!written) {
            size_t last = part.find_last_not_of(' ');
            part.resize(last == std::string::npos ? 0 : last + 1);
        }
        bool good = written || !part.empty();
        path.push_back(std::move(part));
        part.clear();
        written = false;
        return good;
    };
    bool good = true;
    for (size_t i = 0; i < text.size(); i++) {
        char c = text[i];
        if (quoted) {
            if (c != '`') part += c;
            else if (i + 1 < text.size() && text[i + 1] == '`') part += text[i++];
            else quoted = false;
        } else if (c == '`') {
            good = good && part.empty() && !written;
            quoted = written = true;
        } else if (c == '.' || c == ',') {
            good = end_part() && good;
            if (c == ',') columns.push_back(std::exchange(path, {}));
        } else if (c != ' ' || (!part.empty() && !written)) {
            good = good && !written;
            part += c;
        }
    }
    bool nothing = columns.empty() && path.empty() && part.empty() && !written;
    if (!nothing) {
        good = end_part() && good;
        columns.push_back(std::move(path));
    }
    if (quoted || !good) {
        return Invalid("INVALID_PARAMETER_VALUE", std::string(kListed) + " must be names of columns separated by commas, not '" + std::string(text) + "'.");
    }
    return columns;
}

std::string Quoted(const std::string &name) {
    bool plain = !name.empty() && std::ranges::all_of(name, [](unsigned char c) { return std::isalnum(c) != 0 || c == '_' || c >= 0x80; });
    if (plain) return name;
    std::string out = "`";
    for (char c : name) out += c == '`' ? "``" : std::string(1, c);
    return out + "`";
}

std::string TextOf(const Path &path) {
    std::string text;
    for (const std::string &part : path) text += (text.empty() ? "" : ".") + Quoted(part);
    return text;
}

// The field, and in `physical` its path in files; nullptr: there is none.
const Field *FindLogical(const DataType &schema, const Path &path, Path &physical) {
    const DataType *type = &schema;
    const Field *field = nullptr;
    for (const std::string &part : path) {
        field = type->FindField(part);
        if (!field) return nullptr;
        type = &field->type;
        physical.push_back(PhysicalName(*field));
    }
    return field;
}

// The same in the schema's own names. nullopt: it has no such column.
std::optional<Path> LogicalPath(const DataType &schema, const Path &physical) {
    const DataType *type = &schema;
    Path path;
    for (const std::string &part : physical) {
        const Field *field = FieldByPhysicalName(*type, part);
        if (!field) return std::nullopt;
        path.push_back(field->name);
        type = &field->type;
    }
    return path;
}

void LeafPaths(const DataType &schema, Path &prefix, std::vector<Path> &out) {
    for (const Field &field : schema.fields) {
        prefix.push_back(PhysicalName(field));
        if (field.type.kind == TypeKind::kStruct) LeafPaths(field.type, prefix, out);
        else out.push_back(prefix);
        prefix.pop_back();
    }
}

bool StartsWith(const Path &path, const Path &beginning) {
    return path.size() >= beginning.size() && std::ranges::equal(beginning, std::span(path).first(beginning.size()));
}

bool Holds(const std::vector<Path> &paths, const Path &path) { return std::ranges::find(paths, path) != paths.end(); }

}  // namespace

bool HasBounds(TypeKind kind) {
    switch (kind) {
        case TypeKind::kByte: case TypeKind::kShort: case TypeKind::kInt: case TypeKind::kLong: case TypeKind::kFloat: case TypeKind::kDouble:
        case TypeKind::kDecimal: case TypeKind::kString: case TypeKind::kDate: case TypeKind::kTimestamp: case TypeKind::kTimestampNtz: return true;
        default: return false;
    }
}

StatsOptions StatsOptionsOf(const Metadata &metadata) {
    StatsOptions options;
    options.max_columns = metadata.IntProperty("delta.dataSkippingNumIndexedCols", 32);
    options.max_text = static_cast<size_t>(std::max<int64_t>(metadata.IntProperty("delta.dataSkippingStringPrefixLength", 32), 0));
    const std::string *listed = metadata.Property(kListed);
    if (!listed) return options;
    auto columns = ParseColumns(*listed);
    if (!columns) return options;  // Another writer's; its own rule is not known.
    options.only.emplace();
    for (const Path &column : *columns) {
        Path physical;
        if (FindLogical(metadata.schema, column, physical)) options.only->push_back(std::move(physical));
    }
    return options;
}

std::vector<Path> StatsColumns(const DataType &data_schema, const StatsOptions &options) {
    std::vector<Path> leaves;
    Path prefix;
    LeafPaths(data_schema, prefix, leaves);
    if (options.only) {
        std::erase_if(leaves, [&](const Path &leaf) {
            return std::ranges::none_of(*options.only, [&](const Path &listed) { return StartsWith(leaf, listed); });
        });
    } else if (options.max_columns >= 0 && leaves.size() > static_cast<size_t>(options.max_columns)) {
        leaves.resize(static_cast<size_t>(options.max_columns));
    }
    return leaves;
}

bool HasStats(const Metadata &metadata, const Path &column) {
    Path physical;
    return FindLogical(metadata.schema, column, physical) &&
           Holds(StatsColumns(DataSchema(metadata), StatsOptionsOf(metadata)), physical);
}

Result<void> CheckStatsColumns(const Metadata &metadata) {
    const std::string *listed = metadata.Property(kListed);
    if (!listed) return {};
    TARN_TRY(auto columns, ParseColumns(*listed));
    std::vector<Path> seen;
    for (const Path &column : columns) {
        Path physical;
        const Field *field = FindLogical(metadata.schema, column, physical);
        if (!field) return Invalid("DELTA_COLUMN_NOT_FOUND_IN_SCHEMA", "Couldn't find column " + TextOf(column) + ", which " + kListed + " names, in the table.");
        bool partition = std::ranges::any_of(metadata.partition_columns, [&](auto &name) { return column.size() == 1 && EqualsIgnoreCase(name, column[0]); });
        if (partition) {
            return Invalid("DELTA_COLUMN_DATA_SKIPPING_NOT_SUPPORTED_PARTITIONED_COLUMN", "Data skipping is not supported for partition column '" + TextOf(column) + "'.");
        }
        if (field->type.kind != TypeKind::kStruct && !HasBounds(field->type.kind)) {
            return Invalid("DELTA_COLUMN_DATA_SKIPPING_NOT_SUPPORTED_TYPE", "Data skipping is not supported for column '" + TextOf(column) + "' of type " + field->type.ToSql() + ".");
        }
        bool twice = std::ranges::any_of(seen, [&](const Path &other) { return StartsWith(other, physical) || StartsWith(physical, other); });
        if (twice) return Invalid("DELTA_DUPLICATE_DATA_SKIPPING_COLUMNS", "Duplicated data skipping columns found: " + TextOf(column) + ".");
        seen.push_back(std::move(physical));
    }
    return {};
}

void FollowStatsColumns(const DataType &before, Metadata &metadata) {
    const std::string *listed = metadata.Property(kListed);
    if (!listed || before == metadata.schema) return;
    auto columns = ParseColumns(*listed);
    if (!columns) return;
    std::string text;
    for (const Path &column : *columns) {
        Path physical;
        std::optional<Path> path = FindLogical(before, column, physical) ? LogicalPath(metadata.schema, physical) : std::nullopt;
        if (path) text += (text.empty() ? "" : ",") + TextOf(*path);
    }
    for (auto &[key, value] : metadata.configuration) {
        if (EqualsIgnoreCase(key, kListed)) value = text;
    }
}

}  // namespace tarn::delta
