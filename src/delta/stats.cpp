#include "delta/stats.h"

#include <simdjson.h>

#include <charconv>
#include <cmath>
#include <map>

#include "base/text.h"
#include "base/utf8.h"
#include "delta/internal/json_writer.h"
#include "delta/internal/time_text.h"

namespace tarn::delta {
namespace {

// --- Bounds as JSON values. nullopt: there is no safe bound, so none is written.

bool IsJsonNumber(std::string_view text) {
    size_t i = text.starts_with('-') ? 1 : 0;
    auto digits = [&] {
        size_t begin = i;
        while (i < text.size() && text[i] >= '0' && text[i] <= '9') i++;
        return i - begin;
    };
    size_t first = i;
    size_t whole = digits();
    if (whole == 0 || (whole > 1 && text[first] == '0')) return false;
    if (i < text.size() && text[i] == '.') {
        i++;
        if (digits() == 0) return false;
    }
    if (i < text.size() && (text[i] == 'e' || text[i] == 'E')) {
        i++;
        if (i < text.size() && (text[i] == '+' || text[i] == '-')) i++;
        if (digits() == 0) return false;
    }
    return i == text.size();
}

std::optional<std::string> TimestampBound(std::string_view text, bool is_max, bool utc_mark) {
    std::optional<int64_t> micros = ParseTimestamp(text);
    if (!micros) return std::nullopt;
    int64_t millis = *micros / 1000;
    int64_t rest = *micros % 1000;
    if (rest < 0) millis--, rest += 1000;
    if (is_max && rest > 0) millis++;
    return FormatMillis(millis, utc_mark);
}

// The byte length of the first `count` code points of valid UTF-8.
size_t PrefixBytes(std::string_view text, size_t count) {
    size_t at = 0;
    while (at < text.size()) {
        bool starts_code_point = (static_cast<unsigned char>(text[at]) & 0xc0) != 0x80;
        if (starts_code_point && count-- == 0) break;
        at++;
    }
    return at;
}

// The smallest text of at most its length that sorts after every text starting with `prefix` (valid UTF-8).
std::optional<std::string> RaisePrefix(std::string prefix) {
    while (!prefix.empty()) {
        size_t last = prefix.size() - 1;
        while (last > 0 && (static_cast<unsigned char>(prefix[last]) & 0xc0) == 0x80) last--;
        unsigned char lead = static_cast<unsigned char>(prefix[last]);
        uint32_t c = lead < 0x80 ? lead : lead < 0xe0 ? lead & 0x1f : lead < 0xf0 ? lead & 0x0f : lead & 0x07;
        for (size_t i = last + 1; i < prefix.size(); i++) c = c << 6 | (static_cast<unsigned char>(prefix[i]) & 0x3f);
        prefix.resize(last);
        if (c < 0x10ffff) {
            c++;
            if (c == 0xd800) c = 0xe000;  // Surrogates are no characters.
            AppendUtf8(c, prefix);
            return prefix;
        }
    }
    return std::nullopt;
}

std::optional<std::string> TextBound(const std::string &text, bool is_max, bool exact, size_t max_code_points) {
    if (!simdjson::validate_utf8(text)) return std::nullopt;
    size_t bytes = PrefixBytes(text, max_code_points);
    if (bytes == text.size() && (exact || !is_max)) return text;
    if (!is_max) return text.substr(0, bytes);
    return RaisePrefix(text.substr(0, bytes));
}

std::optional<std::string> Bound(const ColumnStats &column, bool is_max, const StatsOptions &options) {
    const std::optional<std::string> &text = is_max ? column.max : column.min;
    if (!text || column.has_nan) return std::nullopt;
    std::optional<std::string> quoted;
    switch (column.type.kind) {
        case TypeKind::kByte: case TypeKind::kShort: case TypeKind::kInt: case TypeKind::kLong:
        case TypeKind::kFloat: case TypeKind::kDouble: case TypeKind::kDecimal:
            if (!IsJsonNumber(*text)) return std::nullopt;  // "inf", for one.
            return text;
        case TypeKind::kString: quoted = TextBound(*text, is_max, column.max_is_exact, options.max_text); break;
        case TypeKind::kDate:
            if (IsDate(*text)) quoted = text;
            break;
        case TypeKind::kTimestamp: quoted = TimestampBound(*text, is_max, true); break;
        case TypeKind::kTimestampNtz: quoted = TimestampBound(*text, is_max, false); break;
        default: break;
    }
    if (!quoted) return std::nullopt;
    std::string json;
    AppendJsonString(*quoted, json);
    return json;
}

// --- Writing: values of leaf columns as nested objects.

using Path = std::vector<std::string>;

struct LeafValue {
    const Path *path;
    std::string json;
};

// Writes values [begin, end), which share their first `depth` names, as one object. Leaves of one struct are adjacent.
void WriteNested(JsonWriter &json, const std::vector<LeafValue> &values, size_t begin, size_t end, size_t depth) {
    json.BeginObject();
    for (size_t i = begin; i < end;) {
        const Path &path = *values[i].path;
        json.Key(path[depth]);
        size_t next = i + 1;
        if (path.size() == depth + 1) {
            json.Raw(values[i].json);
        } else {
            while (next < end && values[next].path->size() > depth + 1 && (*values[next].path)[depth] == path[depth]) {
                next++;
            }
            WriteNested(json, values, i, next, depth + 1);
        }
        i = next;
    }
    json.EndObject();
}

// --- Reading.

using simdjson::ondemand::object;
using simdjson::ondemand::value;

// A JSON text, read on demand: numbers keep every digit.
// The parser and its memory are the thread's: plans look at the texts of very many files. One at a time for each thread.
class StatsJson {
public:
    explicit StatsJson(std::string_view text) {
        TARN_ASSERT(!scratch().busy);
        scratch().busy = true;
        std::string &padded = scratch().text;
        padded.assign(text);
        padded.reserve(padded.size() + simdjson::SIMDJSON_PADDING);
    }
    ~StatsJson() { scratch().busy = false; }
    StatsJson(const StatsJson &) = delete;
    StatsJson &operator=(const StatsJson &) = delete;

    // Calls visit(key, value) for each member of the root object. False for text that is damaged: what was visited does not count.
    template <class Visit>
    bool ForEachMember(Visit visit) {
        simdjson::ondemand::document document;
        object root;
        simdjson::padded_string_view padded(scratch().text.data(), scratch().text.size(), scratch().text.capacity());
        if (scratch().text.empty() || scratch().parser.iterate(padded).get(document) || document.get_object().get(root)) return false;
        // Nothing may follow.
        return Members(root, visit) && document.current_location().error() == simdjson::OUT_OF_BOUNDS;
    }
    template <class Visit>
    static bool Members(object &fields, Visit visit) {
        for (auto member : fields) {
            std::string_view key;
            value inner;
            if (member.unescaped_key().get(key) || member.value().get(inner)) return false;
            visit(key, inner);
        }
        return true;
    }
    const char *data() const { return scratch().text.data(); }

private:
    struct Scratch {
        simdjson::ondemand::parser parser;
        std::string text;
        bool busy = false;
    };
    static Scratch &scratch() {
        static thread_local Scratch mine;
        return mine;
    }
};

std::optional<std::string> ScalarText(value &scalar) {
    std::string_view text;
    simdjson::ondemand::json_type type;
    if (scalar.type().get(type)) return std::nullopt;
    switch (type) {
        case simdjson::ondemand::json_type::string:
            if (scalar.get_string().get(text)) return std::nullopt;
            return std::string(text);
        case simdjson::ondemand::json_type::number:
        case simdjson::ondemand::json_type::boolean: {
            std::string_view token = scalar.raw_json_token();
            while (!token.empty() && static_cast<unsigned char>(token.back()) <= ' ') token.remove_suffix(1);
            return std::string(token);
        }
        default: return std::nullopt;
    }
}

// Finds path[depth…] below `at` and passes its scalar on.
template <class Found>
void Descend(value &at, const Path &path, size_t depth, const Found &found) {
    if (depth == path.size()) {
        if (std::optional<std::string> text = ScalarText(at)) found(*std::move(text));
        return;
    }
    object fields;
    if (at.get_object().get(fields)) return;
    StatsJson::Members(fields, [&](std::string_view key, value &inner) {
        if (key == path[depth]) Descend(inner, path, depth + 1, found);
    });
}

std::optional<int64_t> ParseInt(std::string_view text) {
    int64_t number = 0;
    auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
    return number;
}

void SetBound(FileStats::Bounds &bounds, std::string_view section, std::string text) {
    if (section == "minValues") bounds.min = std::move(text);
    if (section == "maxValues") bounds.max = std::move(text);
    if (section == "nullCount") bounds.null_count = ParseInt(text);
}

}  // namespace

std::string BuildStats(int64_t num_records, const std::vector<ColumnStats> &columns, const DataType &data_schema,
                       const StatsOptions &options) {
    std::vector<Path> leaves = StatsColumns(data_schema, options);
    std::map<Path, const ColumnStats *> by_path;
    for (const ColumnStats &column : columns) by_path[column.path] = &column;
    std::vector<LeafValue> mins, maxs, nulls;
    for (const Path &leaf : leaves) {
        auto it = by_path.find(leaf);
        if (it == by_path.end()) continue;
        const ColumnStats &column = *it->second;
        if (auto json = Bound(column, false, options)) mins.push_back({&leaf, *std::move(json)});
        if (auto json = Bound(column, true, options)) maxs.push_back({&leaf, *std::move(json)});
        if (column.null_count) nulls.push_back({&leaf, std::to_string(*column.null_count)});
    }
    std::string out;
    JsonWriter json(out);
    json.BeginObject().Field("numRecords", num_records);
    json.Key("minValues");
    WriteNested(json, mins, 0, mins.size(), 0);
    json.Key("maxValues");
    WriteNested(json, maxs, 0, maxs.size(), 0);
    json.Key("nullCount");
    WriteNested(json, nulls, 0, nulls.size(), 0);
    json.Field("tightBounds", options.tight_bounds).EndObject();
    return out;
}

std::string WithWideBounds(std::string_view stats) {
    std::string out(stats);
    StatsJson json(stats);
    bool empty = true, found = false;
    size_t begin = 0, length = 0;
    bool is_object = json.ForEachMember([&](std::string_view key, value &member) {
        empty = false;
        if (key != "tightBounds") return;
        std::string_view token = member.raw_json_token();
        while (!token.empty() && static_cast<unsigned char>(token.back()) <= ' ') token.remove_suffix(1);
        begin = static_cast<size_t>(token.data() - json.data());
        length = token.size();
        found = true;
    });
    if (!is_object || empty) return out;
    if (found) return out.replace(begin, length, "false");
    return out.insert(out.rfind('}'), ",\"tightBounds\":false");
}

std::optional<int64_t> FileStats::NumRecords() const {
    // Nearly every writer puts it first: no need to parse what follows.
    constexpr std::string_view kFirst = "{\"numRecords\":";
    if (stats_.starts_with(kFirst) && stats_.ends_with('}')) {
        int64_t rows = 0;
        auto [end, error] = std::from_chars(stats_.data() + kFirst.size(), stats_.data() + stats_.size(), rows);
        if (error == std::errc() && rows >= 0 && (*end == ',' || *end == '}')) return rows;
    }
    std::optional<int64_t> rows;
    bool sound = StatsJson(stats_).ForEachMember([&](std::string_view key, value &member) {
        if (key != "numRecords") return;
        if (std::optional<std::string> text = ScalarText(member)) rows = ParseInt(*text);
    });
    return sound && rows && *rows >= 0 ? rows : std::nullopt;
}

bool FileStats::TightBounds() const {
    bool tight = true;
    StatsJson(stats_).ForEachMember([&](std::string_view key, value &member) {
        if (key == "tightBounds" && ScalarText(member) == "false") tight = false;
    });
    return tight;
}

FileStats::Bounds FileStats::Of(const std::vector<std::string> &path) const {
    Bounds bounds;
    bool sound = StatsJson(stats_).ForEachMember([&](std::string_view section, value &member) {
        if (section != "minValues" && section != "maxValues" && section != "nullCount") return;
        Descend(member, path, 0, [&](std::string text) { SetBound(bounds, section, std::move(text)); });
    });
    return sound ? bounds : Bounds();
}

std::vector<FileStats::Bounds> FileStats::OfColumns(const std::vector<std::string> &columns) const {
    std::vector<Bounds> out(columns.size());
    bool sound = StatsJson(stats_).ForEachMember([&](std::string_view section, value &member) {
        object fields;
        if (section != "minValues" && section != "maxValues" && section != "nullCount") return;
        if (member.get_object().get(fields)) return;
        StatsJson::Members(fields, [&](std::string_view key, value &inner) {
            for (size_t i = 0; i < columns.size(); i++) {
                if (columns[i] != key) continue;
                if (std::optional<std::string> text = ScalarText(inner)) SetBound(out[i], section, *std::move(text));
                return;
            }
        });
    });
    if (!sound) out.assign(columns.size(), {});
    return out;
}

}  // namespace tarn::delta
