// Random documents, judged by another JSON library; and random damage, which must end in an error or in rows.
#include <cstdlib>
#include <random>
#include <set>

#include "rows.h"

namespace tarn::extjson {
namespace {

using nlohmann::json;

class Maker {
public:
    explicit Maker(uint64_t seed) : random_(seed) {}

    size_t Below(size_t n) { return random_() % n; }
    bool Chance(int percent) { return int(Below(100)) < percent; }

    std::string Text() {
        static const std::vector<std::string> kPieces = {
            "a", "]", "}", "{", "[", "\"", "\\", "\n",   "\t",
            "é", "☀", "😀", ",", ":", " ",  "0",  "\x01", "long enough to leave the slot"};
        std::string text;
        for (size_t i = Below(6); i > 0; --i) text += kPieces[Below(kPieces.size())];
        return text;
    }

    json Scalar() {
        switch (Below(7)) {
            case 0:
                return nullptr;
            case 1:
                return Chance(50);
            case 2:
                return int64_t(Below(2000)) - 1000;
            case 3:
                return int64_t(random_());
            case 4:
                return double(int64_t(Below(100000))) / 64;
            case 5:
                return std::ldexp(double(random_()), int(Below(600)) - 300);
            default:
                return Text();
        }
    }

    json Any(int depth) {
        if (depth > 0 && Chance(25)) {
            json list = json::array();
            for (size_t i = Below(4); i > 0; --i) list.push_back(Any(depth - 1));
            return list;
        }
        if (depth > 0 && Chance(30)) return Object(depth - 1);
        return Scalar();
    }

    json Object(int depth) {
        static const std::vector<std::string> kNames = {"a",   "b",  "_id", "quite_a_long_name_for_a_field",
                                                        "x y", "\"", "é",   "n\n"};
        json object = json::object();
        for (size_t i = Below(5); i > 0; --i) object[kNames[Below(kNames.size())]] = Any(depth);
        return object;
    }

    // JSON with blanks where they may stand, and escapes where they need not.
    std::string Write(const json &value) {
        std::string out;
        Write(value, out);
        return out;
    }

    std::mt19937_64 &random() { return random_; }

private:
    void Blank(std::string &out) {
        while (Chance(8)) out += " \n\t\r"[Below(4)];
    }

    void Write(const json &value, std::string &out) {
        Blank(out);
        if (value.is_object() || value.is_array()) {
            out += value.is_object() ? '{' : '[';
            bool comma = false;
            for (auto it = value.begin(); it != value.end(); ++it) {
                if (comma) out += ',';
                comma = true;
                if (value.is_object()) {
                    Blank(out);
                    out += json(it.key()).dump(-1, ' ', Chance(30));
                    Blank(out);
                    out += ':';
                }
                Write(*it, out);
            }
            Blank(out);
            out += value.is_object() ? '}' : ']';
        } else {
            out += value.dump(-1, ' ', Chance(30));
        }
        Blank(out);
    }

    std::mt19937_64 random_;
};

// What Spark's rules make of `value` in a column of `type`.
json Expected(const json &value, const DataType &type) {
    if (value.is_null()) return nullptr;
    switch (type.kind) {
        case TypeKind::kStruct: {
            json object = json::object();
            for (const Field &field : type.fields)
                object[field.name] =
                    value.contains(field.name) ? Expected(value[field.name], field.type) : json(nullptr);
            return object;
        }
        case TypeKind::kArray: {
            json list = json::array();
            for (const json &element : value) list.push_back(Expected(element, type.children[0]));
            return list;
        }
        case TypeKind::kString:
            return value.is_string() ? value : json{{"text of", value}};
        case TypeKind::kDouble:
            return value.get<double>();
        case TypeKind::kDecimal:
            return value.dump();
        default:
            return value;
    }
}

// Turns "text of x" into what was parsed from the text, so that blanks and escapes do not count.
void Compare(const json &expected, const json &got, const std::string &where) {
    if (expected.is_object() && expected.contains("text of")) {
        ASSERT_TRUE(got.is_string()) << where;
        json parsed = json::parse(got.get<std::string>(), nullptr, false);
        EXPECT_EQ(parsed, expected["text of"]) << where;
    } else if (expected.is_object()) {
        ASSERT_TRUE(got.is_object()) << where << got;
        for (auto it = expected.begin(); it != expected.end(); ++it)
            Compare(*it, got.at(it.key()), where + "." + it.key());
    } else if (expected.is_array()) {
        ASSERT_TRUE(got.is_array() && got.size() == expected.size()) << where;
        for (size_t i = 0; i < expected.size(); ++i) Compare(expected[i], got[i], where + "[]");
    } else {
        EXPECT_EQ(expected, got) << where;
    }
}

// A field that holds only empty objects everywhere has no column: then nothing is lost.
bool HoldsOnlyNull(const json &value) {
    if (!value.is_structured()) return value.is_null();
    return std::ranges::all_of(value, HoldsOnlyNull);
}

uint64_t Seeds() {
    const char *more = std::getenv("TARN_SEEDS");
    return more ? std::strtoull(more, nullptr, 10) : 400;
}

TEST(Property, JsonDocuments) {
    for (uint64_t seed = 1; seed <= Seeds() && !testing::Test::HasFailure(); ++seed) {
        SCOPED_TRACE("seed " + std::to_string(seed));
        Maker make(seed);
        std::vector<json> documents;
        bool array = make.Chance(50);
        std::string text = array ? "[" : "";
        for (size_t i = 0, count = make.Below(30); i < count; ++i) {
            documents.push_back(make.Object(3));
            if (array && i > 0) text += ",";
            text += make.Write(documents.back());
        }
        if (array) text += "]";
        if (documents.empty() && !array) continue;
        ReadOptions options;
        options.mode = Mode::kJson;
        options.chunk_bytes = 1 + make.Below(300);
        options.threads = 1 + int(make.Below(3));
        options.batch_rows = 64;
        auto schema = InferSchema({TextFile(text, "users.json", 1 + make.Below(100))}, options);
        ASSERT_TRUE(schema.has_value()) << schema.error().ToString() << "\n" << text;
        auto rows = ReadRows({TextFile(text)}, *schema, options);
        ASSERT_TRUE(rows.has_value()) << rows.error().ToString() << "\n" << text;
        ASSERT_EQ(rows->rows.size(), documents.size()) << text;
        for (size_t i = 0; i < documents.size(); ++i) {
            Compare(Expected(documents[i], *schema), rows->rows[i], text + "\nrow " + std::to_string(i) + " ");
            if (rows->rows[i].contains("_rescued")) {
                json rescued = rows->rows[i]["_rescued"];
                rescued.erase("_file_path");
                EXPECT_TRUE(HoldsOnlyNull(rescued)) << rescued << "\n" << text;
            }
        }
    }
}

// Wherever a text is cut or changed, the outcome is an error or rows, the same in blocks of any size
// for a text that stays JSON; nothing crashes (run under sanitizers).
TEST(Property, DamagedTexts) {
    for (uint64_t seed = 1; seed <= Seeds(); ++seed) {
        SCOPED_TRACE("seed " + std::to_string(seed));
        Maker make(seed);
        std::string text = make.Chance(50) ? "[" : "";
        bool array = !text.empty();
        for (size_t i = 0; i < 8; ++i) text += (array && i > 0 ? "," : "") + make.Write(make.Object(3));
        if (array) text += "]";
        for (size_t change = 1 + make.Below(3); change > 0; --change) {
            size_t at = make.Below(text.size());
            switch (make.Below(4)) {
                case 0:
                    text.resize(at + 1);
                    break;
                case 1:
                    text[at] = char(make.random()());
                    break;
                case 2:
                    text.erase(at, 1 + make.Below(5));
                    break;
                default:
                    text.insert(at, 1, "{}[]\",:\\0-e\xff"[make.Below(13)]);
                    break;
            }
            if (text.empty()) text = "x";
        }
        bool valid = array ? json::accept(text) : true;
        std::set<std::string> outcomes;
        for (Mode mode : {Mode::kJson, Mode::kMongo}) {
            for (size_t chunk : {size_t{0}, size_t{50}, size_t{3}}) {
                ReadOptions options;
                options.mode = mode;
                options.chunk_bytes = chunk;
                options.threads = 1;
                auto schema = InferSchema({TextFile(text)}, options);
                if (array && !valid && schema) {
                    // Only escapes are left to the reader.
                    EXPECT_FALSE(ReadRows({TextFile(text)}, *schema, options).has_value()) << text;
                    continue;
                }
                std::string outcome = schema ? schema->ToString() : schema.error().ToString();
                if (schema) {
                    auto rows = ReadRows({TextFile(text)}, *schema, options);
                    outcome += rows ? json(rows->rows).dump(-1, ' ', false, json::error_handler_t::replace)
                                    : rows.error().ToString();
                    EXPECT_TRUE(!rows || !array || valid) << text;
                }
                if (mode == Mode::kJson) outcomes.insert(outcome);
            }
        }
        EXPECT_TRUE(!array || !valid || outcomes.size() == 1) << text << *outcomes.begin();
    }
}

}  // namespace
}  // namespace tarn::extjson
