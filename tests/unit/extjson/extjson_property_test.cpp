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

    // One value as relaxed and as canonical Extended JSON. What stands at a path decides its kind, so
    // that documents agree on where objects are.
    std::pair<json, json> Extended(const std::string &path, int depth) {
        auto both = [](json value) { return std::pair(value, value); };
        auto wrapped = [](const char *name, json relaxed, const std::string &text) {
            return std::pair(std::move(relaxed), json{{name, text}});
        };
        if (Chance(10)) return both(nullptr);
        switch (std::hash<std::string>()(path) % (depth > 0 ? 11 : 8)) {
            case 0:
                return both(Text());
            case 1:
                return both({{"$oid", "4c755c899ace9ffe23ef498b"}});
            case 2: {
                int64_t number = int64_t(random_()) >> Below(64);
                return wrapped(Chance(50) ? "$numberInt" : "$numberLong", number, std::to_string(number));
            }
            case 3: {
                double number = std::ldexp(double(random_()), int(Below(200)) - 100);
                return wrapped("$numberDouble", number, json(number).dump());
            }
            case 4: {
                int64_t millis = int64_t(Below(4'000'000'000'000));
                json text = millis % 1000 == 0 && Chance(50) ? json("soon") : json(millis);
                return std::pair(json{{"$date", text}},
                                 text.is_string() ? json{{"$date", text}}
                                                  : json{{"$date", {{"$numberLong", std::to_string(millis)}}}});
            }
            case 5:
                return both({{"$numberDecimal", std::to_string(Below(1000)) + "." + std::to_string(Below(1000))}});
            case 6:
                return both({{"$binary", {{"base64", "aGk="}, {"subType", "00"}}}});
            case 7:
                return both(Chance(50));
            case 8:
            case 9: {
                std::pair<json, json> list(json::array(), json::array());
                for (size_t i = Below(4); i > 0; --i) {
                    auto [relaxed, canonical] = Extended(path + "[]", depth - 1);
                    list.first.push_back(std::move(relaxed));
                    list.second.push_back(std::move(canonical));
                }
                return list;
            }
            default:
                return ExtendedObject(path, depth - 1);
        }
    }

    std::pair<json, json> ExtendedObject(const std::string &path, int depth) {
        std::pair<json, json> object(json::object(), json::object());
        for (size_t i = Below(6); i > 0; --i) {
            std::string name(1, char('a' + Below(12)));
            auto [relaxed, canonical] = Extended(path + "." + name, depth);
            object.first[name] = std::move(relaxed);
            object.second[name] = std::move(canonical);
        }
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
    return more ? std::strtoull(more, nullptr, 10) : 1500;
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

// What a list or a field holds is the same whether its numbers are wrapped or not. What is rescued
// is the text itself, so only its place can be compared.
TEST(Property, CanonicalIsRelaxed) {
    for (uint64_t seed = 1; seed <= Seeds() && !testing::Test::HasFailure(); ++seed) {
        SCOPED_TRACE("seed " + std::to_string(seed));
        Maker make(seed);
        std::string relaxed, canonical;
        for (size_t i = 1 + make.Below(20); i > 0; --i) {
            auto [first, second] = make.ExtendedObject("", 3);
            relaxed += make.Write(first);
            canonical += make.Write(second);
        }
        ReadOptions options;
        options.chunk_bytes = 1 + make.Below(500);
        options.threads = 1 + int(make.Below(3));
        auto schema = InferSchema({TextFile(relaxed)}, options);
        auto other = InferSchema({TextFile(canonical)}, options);
        ASSERT_TRUE(schema && other) << (schema ? other : schema).error().ToString() << relaxed << canonical;
        ASSERT_EQ(schema->ToString(), other->ToString()) << relaxed << canonical;
        auto rows = ReadRows({TextFile(relaxed)}, *schema, options);
        auto others = ReadRows({TextFile(canonical)}, *schema, options);
        ASSERT_TRUE(rows && others) << relaxed << canonical;
        ASSERT_EQ(rows->rows.size(), others->rows.size());
        for (size_t i = 0; i < rows->rows.size(); ++i) {
            EXPECT_EQ(rows->rows[i].erase("_rescued"), others->rows[i].erase("_rescued")) << relaxed << canonical;
            EXPECT_EQ(rows->rows[i], others->rows[i]) << relaxed << canonical;
        }
    }
}

// Documents whose names run into each other when they are flattened, of one kind each time so that a guess has a chance.
json Colliding(Maker &make, int depth) {
    static const std::vector<std::string> kNames = {"a", "b", "a_b", "_a", "A", "b_"};
    json object = json::object();
    for (size_t i = make.Below(4); i > 0; --i) {
        std::string name = kNames[make.Below(kNames.size())];
        switch (depth > 0 ? make.Below(8) : 0) {
            case 6: object[name] = Colliding(make, depth - 1); break;
            case 7: object[name] = json::array({Colliding(make, depth - 1)}); break;
            default: object[name] = make.Chance(95) ? json(1) : make.Scalar(); break;
        }
    }
    return object;
}

// Documents of one form, but for a NULL or a scalar under a name that columns of objects begin with.
json Beginnings(Maker &make) {
    json document = {{"id", 1}, {"user_id", 2}, {"at", {{"by", {{"name", "x"}}}}}, {"list", json::array({{{"in_it", 1}, {"of", {{"x", 1}}}}})}};
    if (make.Chance(50)) document.erase(document.begin().key());
    if (make.Chance(85)) return document;
    static const std::vector<std::string> kNames = {"user", "at", "at_by", "list", "in", "of", "_user", "at.by", "", "user_"};
    json value = make.Chance(70) ? json(nullptr) : make.Chance(50) ? json(1) : json::object();
    json *object = make.Chance(60) ? &document : document.contains("at") && make.Chance(50) ? &document["at"] : &document["list"][0];
    (*object)[kNames[make.Below(kNames.size())]] = std::move(value);
    return document;
}

// What a reader by a guessed schema reads to its end is what inference from everything would have given; whatever it stops at
// may be right after all.
TEST(Property, AGuessedSchemaIsTheInferredOne) {
    uint64_t held = 0, stopped = 0, seeds = Seeds() * 4;
    for (uint64_t seed = 1; seed <= seeds && !testing::Test::HasFailure(); ++seed) {
        SCOPED_TRACE("seed " + std::to_string(seed));
        Maker make(seed);
        ReadOptions options;
        options.mode = make.Chance(60) ? Mode::kMongo : Mode::kJson;
        options.chunk_bytes = 1 + make.Below(500);
        options.threads = 1 + int(make.Below(3));
        size_t kind = make.Below(4);
        std::string all, sample;
        for (size_t i = 2 + make.Below(20); i > 0; --i) {
            json document = kind == 0   ? Colliding(make, 2)
                            : kind == 1 ? make.ExtendedObject("", 2).first
                            : kind == 2 ? make.Object(1)
                                        : Beginnings(make);
            std::string text = make.Write(document) + "\n";
            all += text;
            if (make.Chance(85)) sample += text;
        }
        auto paths = std::make_shared<SchemaPaths>();
        auto guess = InferSchema({TextFile(sample)}, options, paths.get());
        if (!guess || guess->fields.empty()) continue;
        ReadOptions guessing = options;
        guessing.known_fields_only = true;
        guessing.guessed_paths = paths;
        auto rows = ReadRows({TextFile(all)}, *guess, guessing);
        if (!rows) {
            stopped++;
            continue;
        }
        held++;
        auto inferred = InferSchema({TextFile(all)}, options);
        ASSERT_TRUE(inferred) << inferred.error().ToString() << "\nall: " << all << "sample: " << sample;
        ASSERT_EQ(guess->ToString(), inferred->ToString()) << "all: " << all << "sample: " << sample;
        auto others = ReadRows({TextFile(all)}, *inferred, options);
        ASSERT_TRUE(others);
        EXPECT_EQ(rows->rows, others->rows) << all;
    }
    // Both happen often enough to mean something.
    EXPECT_GT(held * 20, seeds);
    EXPECT_GT(stopped * 20, seeds);
}

// Wherever a text is cut or changed, the outcome is an error or rows, the same in blocks of any size
// for a text that stays JSON; nothing crashes (run under sanitizers).
TEST(Property, DamagedTexts) {
    for (uint64_t seed = 1; seed <= Seeds(); ++seed) {
        SCOPED_TRACE("seed " + std::to_string(seed));
        Maker make(seed);
        std::string text = make.Chance(50) ? "[" : "";
        bool array = !text.empty();
        bool extended = make.Chance(50);
        for (size_t i = 0; i < 8; ++i) {
            if (array && i > 0) text += ",";
            text += make.Write(extended ? make.ExtendedObject("", 3).second : make.Object(3));
        }
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
        bool valid = true;
        try {
            if (array) static_cast<void>(json::parse(text).size());
        } catch (const json::parse_error &) {
            valid = false;
        } catch (const json::out_of_range &) {
            continue;  // A number beyond a double is JSON for us (infinite); there the judge stops reading.
        }
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

// Whether `later` has a field, at any level, that `known` lacks; nulls where objects were make none.
bool HasNewField(const DataType &known, const DataType &later) {
    if (known.kind != later.kind) return false;
    if (known.kind == TypeKind::kArray) return HasNewField(known.children[0], later.children[0]);
    if (known.kind != TypeKind::kStruct) return false;
    for (const Field &field : later.fields) {
        bool found = false, object = false;
        for (const Field &old : known.fields) {
            if (old.name == field.name) {
                found = true;
                if (HasNewField(old.type, field.type)) return true;
            }
            object |= old.name.starts_with(field.name + "_");
        }
        if (!found && !object) return true;
    }
    return false;
}

// Reading by the schema of earlier documents either meets a new field or would have found none by inferring.
TEST(Property, KnownFieldsOnlyMissesNoField) {
    size_t trusted = 0, refused = 0;
    for (uint64_t seed = 0; seed < 3000; ++seed) {
        Maker maker(seed);
        ReadOptions options;
        options.mode = seed % 2 ? Mode::kMongo : Mode::kJson;
        std::string earlier, later;
        for (size_t i = 0; i < 8; ++i) earlier += maker.Object(2).dump() + "\n";
        for (size_t i = 0; i < 2; ++i) later += maker.Object(1).dump() + "\n";
        auto known = InferSchema({TextFile(earlier)}, options);
        auto inferred = InferSchema({TextFile(later)}, options);
        if (!known || !inferred || known->fields.empty()) continue;
        options.known_fields_only = true;
        auto reader = Reader::Open({TextFile(later)}, *known, options);
        ASSERT_TRUE(reader) << "seed " << seed;
        auto worker = (*reader)->NewWorker();
        auto batch = (*reader)->Next(*worker);
        if (!batch) {
            ASSERT_EQ(batch.error().condition, "UNKNOWN_FIELD_EXCEPTION.NEW_FIELDS_IN_FILE") << "seed " << seed;
            ++refused;
            continue;
        }
        ++trusted;
        EXPECT_FALSE(HasNewField(*known, *inferred)) << "seed " << seed << "\n" << known->ToString() << "\n" << inferred->ToString() << "\n" << later;
    }
    EXPECT_GT(trusted, 100u);
    EXPECT_GT(refused, 100u);
}

}  // namespace
}  // namespace tarn::extjson
