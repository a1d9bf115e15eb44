#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "rows.h"

namespace tarn::extjson {
namespace {

using namespace std::string_literals;

struct Bad {
    std::string text;
    const char *condition;
    const char *message;  // How it begins, behind the path.
};

DataType AnySchema() {
    return DataType::Struct({Field{"a", DataType::Of(TypeKind::kString)}, Field{"b", DataType::Of(TypeKind::kLong)}});
}

// Both ways must say the same, whatever the blocks are.
void Check(const std::vector<Bad> &cases, ReadOptions options = {}, bool infer = true) {
    for (const Bad &bad : cases) {
        for (size_t chunk : {size_t{0}, size_t{64}, size_t{7}}) {
            options.chunk_bytes = chunk;
            std::string shown = bad.text.substr(0, 200);
            std::string expected = "users.json" + std::string(bad.message);
            if (infer) {
                auto schema = InferSchema({TextFile(bad.text)}, options);
                ASSERT_FALSE(schema.has_value()) << shown;
                EXPECT_EQ(schema.error().condition, bad.condition) << shown;
                EXPECT_EQ(schema.error().message.substr(0, expected.size()), expected)
                    << shown << " in blocks of " << chunk;
            }
            auto rows = ReadRows({TextFile(bad.text)}, AnySchema(), options, 1);
            ASSERT_FALSE(rows.has_value()) << shown;
            EXPECT_EQ(rows.error().condition, bad.condition) << shown;
            EXPECT_EQ(rows.error().message.substr(0, expected.size()), expected) << shown << " in blocks of " << chunk;
        }
    }
}

constexpr const char *kMalformed = "MALFORMED_RECORD_IN_PARSING";
constexpr const char *kUnreadable = "FAILED_READ_FILE";
constexpr const char *kLimit = "RESOURCE_LIMIT_EXCEEDED";

TEST(Errors, Syntax) {
    Check({
        {R"([{"a":"x"},{"a":"y")", kMalformed, " at byte 19: the file ends inside an object; it seems to be cut."},
        {R"([{"a":"x"},{"a":"y"})", kMalformed, " at byte 20: the file ends before the `]`"},
        {R"([{"a":"x"},)", kMalformed, " at byte 11: the file ends after a comma"},
        {R"({"a":"x"}{"a":"unfinished)", kMalformed, " at byte 25: the file ends inside a text that begins at byte 14"},
        {R"({"a":[1,2)", kMalformed, " at byte 9: the file ends inside an array"},
        {R"([{"a":"x"} {"a":"y"}])", kMalformed,
         " at byte 11: a comma or `]` is missing between documents, before `{`"},
        {R"([{"a":"x"},])", kMalformed, " at byte 11: a comma stands before `]`"},
        {R"([,{"a":"x"}])", kMalformed, " at byte 1: a value is expected, not `,`"},
        {R"([{"a":"x"}] x)", kMalformed, " at byte 12: text follows the `]`"},
        {R"([{"a":"x"}][{"a":"x"}])", kMalformed, " at byte 11: text follows the `]`"},
        {R"({"a":"x"}})", kMalformed, " at byte 9: a value is expected, not `}`"},
        {R"({"a" "x"})", kMalformed, " at byte 5: a colon is expected after a field name, not `\"`"},
        {R"({"a":"x" "b":1})", kMalformed, " at byte 9: a comma or `}` is expected, not `\"`"},
        {R"({"a":"x",})", kMalformed, " at byte 9: a comma stands before `}`"},
        {R"({"a":["x",]})", kMalformed, " at byte 10: a comma stands before `]`"},
        {R"({a:"x"})", kMalformed, " at byte 1: a field name in double quotes is expected, not `a`"},
        {R"({"a":'x'})", kMalformed, " at byte 5: text must stand in double quotes"},
        {R"({"a":NaN})", kMalformed, " at byte 5: `NaN` is not JSON"},
        {R"({"a":-Infinity})", kMalformed, " at byte 5: `-Infinity` is not JSON"},
        {R"({"a":01})", kMalformed, " at byte 5: a number must not begin with 0"},
        {R"({"a":1.})", kMalformed, " at byte 5: a number has no digits after its point"},
        {R"({"a":1e+})", kMalformed, " at byte 5: a number has no digits in its exponent"},
        {R"({"a":-})", kMalformed, " at byte 5: a number has no digits"},
        {R"({"a":1x})", kMalformed, " at byte 6: `x` does not belong here"},
        {R"({"a":truex})", kMalformed, " at byte 9: `x` does not belong here"},
        {R"({"a":tru})", kMalformed, " at byte 5: a value is expected, not `t`"},
        {R"({"a":"x"]})", kMalformed, " at byte 8: a comma or `}` is expected, not `]`"},
        {R"({"a":["x"}])", kMalformed, " at byte 9: a comma or `]` is expected, not `}`"},
        {R"({"a":"x"y})", kMalformed, " at byte 8: a comma or `}` is expected, not `y`"},
        {"{\"a\":\"x\ny\"}", kMalformed, " at byte 7: a control character (byte 0x0a) stands in a text"},
        {"hello", kMalformed, " at byte 0: a value is expected, not `h`"},
        {"\x01\x02{}", kMalformed, " at byte 0: a value is expected, not byte 0x01"},
        {"{\"a\":1\0"
         "5}"s,
         kMalformed, " at byte 6: byte 0x00 does not belong here"},
        {"{\"a\":null\0,\"b\":1}"s, kMalformed, " at byte 9: byte 0x00 does not belong here"},
        {"{\"a\":\"x\"}\0\0\0"s, kMalformed, " at byte 9: a value is expected, not byte 0x00"},
        {"5", kMalformed, " at byte 0: a document must be an object"},
        {R"([{"a":"x"},[1]])", kMalformed, " at byte 11: a document must be an object"},
        {"\"text\"", kMalformed, " at byte 0: a document must be an object"},
    });
}

// A name that needs escapes is no guess for what stands at the very end.
TEST(Errors, CutBehindAnEscapedName) {
    Check({{R"({"\"":{"b":1},"b":1}{"\"":1,"b":2}{)", kMalformed, " at byte 35: the file ends inside an object"},
           {R"({"a":{"\"":1},"b":1}{"a":{)", kMalformed, " at byte 26: the file ends inside an object"}});
}

TEST(Errors, EscapesAreCheckedWhereTheyAreRead) {
    Check(
        {
            {R"({"a":"\x"})", kMalformed, " at byte 6: `\\` followed by `x` is no escape sequence"},
            {R"({"a":"\ud800"})", kMalformed, " at byte 6: a high surrogate without a low one"},
            {R"({"a":"\udc00"})", kMalformed, " at byte 6: a low surrogate without a high one"},
            {R"({"a":"\u12"})", kMalformed, " at byte 6: `\\u` must be followed by four"},
            {R"({"a":{"new":"\x"}})", kMalformed, " at byte 13: `\\` followed by `x`"},
            {R"({"b":"\x"})", kMalformed, " at byte 6: `\\` followed by `x`"},
            {R"({"b":["\x"]})", kMalformed, " at byte 7: `\\` followed by `x`"},
        },
        {}, false);
    Check({{R"({"\x":1})", kMalformed, " at byte 2: `\\` followed by `x`"}});
}

TEST(Errors, Encoding) {
    Check({
        {"{\"a\":\"x\"}{\"a\":\"caf\xe9\"}", kUnreadable, " at byte 18: byte 0xe9 is not valid UTF-8"},
        {"{\"a\":\"\xc0\x80\"}", kUnreadable, " at byte 6: byte 0xc0 is not valid UTF-8"},
        {"{\"a\":\"\xed\xa0\x80\"}", kUnreadable, " at byte 6: byte 0xed is not valid UTF-8"},
        {"{\"a\":\"\xf5\x80\x80\x80\"}", kUnreadable, " at byte 6: byte 0xf5 is not valid UTF-8"},
        {"\xff\xfe{\0\"\0a\0"s, kUnreadable, " at byte 0: the text is encoded in UTF-16 (little endian)"},
        {"\xfe\xff\0{\0\"\0a"s, kUnreadable, " at byte 0: the text is encoded in UTF-16 (big endian)"},
        {"\xff\xfe\0\0{\0\0\0"s, kUnreadable, " at byte 0: the text is encoded in UTF-32 (little endian)"},
        {"\0\0\xfe\xff\0\0\0{"s, kUnreadable, " at byte 0: the text is encoded in UTF-32 (big endian)"},
        {"{\0\"\0a\0\"\0"s, kUnreadable, " at byte 0: the text is encoded in UTF-16 (little endian)"},
        {"\0{\0\"\0a\0\""s, kUnreadable, " at byte 0: the text is encoded in UTF-16 (big endian)"},
    });
}

TEST(Errors, DuplicateKeys) {
    Check({
        {R"({"a":"x","b":1,"a":"y"})", kMalformed, " at byte 15: an object has two fields named `a`"},
        {R"({"a":"x"}{"a":"x","A":"y"})", kMalformed, " at byte 18: an object has two fields named `A`"},
        {R"({"a":"x","\u0061":"y"})", kMalformed, " at byte 9: an object has two fields named `a`"},
    });
    EXPECT_NE(InferText(R"({"b":[{"c":1},{"c":1,"d":2,"c":3}]})")
                  .find("users.json at byte 27: an object has two fields named `c`"),
              std::string::npos);
    // In what is only carried along, inference has looked.
    EXPECT_TRUE(ReadRows({TextFile(R"({"new":{"c":1,"d":[1]}})")}, AnySchema()).has_value());
}

TEST(Errors, EmptyInput) {
    Check({{"", kMalformed, " at byte 0: the file is empty"},
           {" \n\t ", kMalformed, " at byte 4: the file is empty"},
           {"\xef\xbb\xbf", kMalformed, " at byte 3: the file is empty"},
           {std::string(10000, ' '), kMalformed, " at byte 10000: the file is empty"}});
    EXPECT_EQ(InferText(" [ \n ] \n"), "struct<>");
    EXPECT_EQ(ReadText("[]", AnySchema()), nlohmann::json::array());
}

TEST(Errors, Files) {
    auto missing = InferSchema({{"/no/such/folder/users.json", {}}});
    ASSERT_FALSE(missing.has_value());
    EXPECT_EQ(missing.error().condition, "PATH_NOT_FOUND");
    EXPECT_EQ(missing.error().kind, ErrorKind::kNotFound);
    EXPECT_EQ(InferSchema({{"/", {}}}).error().condition, kUnreadable);
}

TEST(Errors, ScalarWhereAnObjectWas) {
    auto error = [](std::vector<InputFile> files) {
        auto schema = InferSchema(files);
        return schema ? std::string("none") : schema.error().message;
    };
    EXPECT_TRUE(error({TextFile(R"({"s":{"x":1}}{"s":5})")})
                    .starts_with("users.json at byte 18: the field `s` is a number here, but an object at byte 5."));
    EXPECT_TRUE(error({TextFile(R"({"s":"t"}{"s":{"x":1}})")})
                    .starts_with("users.json at byte 14: the field `s` is an object here, but text at byte 5."));
    EXPECT_TRUE(error({TextFile(R"({"v":[{"s":{"x":1}}]})"), TextFile(R"({"v":[{"s":[]}]})", "b.json")})
                    .starts_with(
                        "b.json at byte 11: the field `v[].s` is an array here, but an object at users.json byte 11."));
    EXPECT_TRUE(error({TextFile(R"({"v":[{"s":1},2]})")})
                    .starts_with("users.json at byte 14: the field `v[]` is a number here"));
    EXPECT_EQ(error({TextFile(R"({"s":{"x":1}}{"s":null}{})")}), "none");
    // The same from many threads.
    std::string text = R"({"s":{"x":1}})";
    for (int i = 0; i < 2000; ++i) text += "\n{\"s\":null}";
    size_t at = text.size() + 6;
    text += "\n{\"s\":7}";
    for (int i = 0; i < 2000; ++i) text += "\n{\"s\":8}";
    ReadOptions options;
    options.chunk_bytes = 100;
    options.threads = 4;
    auto schema = InferSchema({TextFile(text)}, options);
    ASSERT_FALSE(schema.has_value());
    EXPECT_TRUE(schema.error().message.starts_with("users.json at byte " + std::to_string(at) + ": the field `s`"))
        << schema.error().message;
}

TEST(Errors, FirstErrorWins) {
    std::string text;
    for (int i = 0; i < 3000; ++i) text += i % 1000 == 500 ? "{\"a\":oops}\n" : "{\"a\":\"fine\"}\n";
    ReadOptions options;
    options.chunk_bytes = 200;
    options.threads = 4;
    for (int i = 0; i < 20; ++i) {
        auto schema = InferSchema({TextFile(text)}, options);
        ASSERT_FALSE(schema.has_value());
        EXPECT_TRUE(schema.error().message.starts_with("users.json at byte 6505: ")) << schema.error().message;
    }
}

TEST(Errors, Limits) {
    ReadOptions options;
    options.max_document_bytes = 50;
    std::string large = R"({"a":")" + std::string(60, 'x') + R"("})";
    Check(
        {
            {R"({"a":"x"} )" + large, kLimit,
             " at byte 10: a document that begins here is larger than max_document_bytes (50)"},
            {R"([{"a":"x"}, )" + large + "]", kLimit,
             " at byte 12: a document that begins here is larger than max_document_bytes (50)"},
        },
        options);
    Check({{R"({"a":"x"} {"a":")" + std::string(100000, 'x') + "\"}", kLimit,
            " at byte 10: a document that begins here is larger"},
           {R"({"a":"x"} {"a":oops,"b":")" + std::string(100000, 'x') + "\"}", kMalformed,
            " at byte 15: a value is expected, not `o`"}},
          options);
    options.max_document_bytes = 66 + 2;
    EXPECT_EQ(ReadText(large, AnySchema(), options).size(), 1u);
}

TEST(Errors, Depth) {
    auto nested = [](size_t depth, bool closed) {
        std::string text = "{\"a\":\"x\"}\n{\"b\":";
        text += std::string(depth - 1, '[');
        if (closed) text += std::string(depth - 1, ']') + "}";
        return text;
    };
    Check({{nested(101, true), kLimit, " at byte 114: objects and arrays are nested deeper than 100"},
           {nested(10000, true), kLimit, " at byte 114: objects and arrays are nested deeper than 100"},
           {nested(10000, false), kLimit, " at byte 114: objects and arrays are nested deeper than 100"}});
    EXPECT_EQ(ReadText(nested(100, true), AnySchema()).size(), 2u);
    std::string objects;
    for (int i = 0; i < 10000; ++i) objects += "{\"a\":";
    Check({{objects, kLimit, " at byte 500: objects and arrays are nested deeper than 100"}});
    ReadOptions options;
    options.max_depth = 100000;
    EXPECT_EQ(InferSchema({}, options).error().condition, "INVALID_PARAMETER_VALUE");
}

TEST(Errors, TooManyFields) {
    std::string text;
    for (int i = 0; i < 101000; ++i) text += "{\"k" + std::to_string(i) + "\":1}\n";
    auto schema = InferSchema({TextFile(text)});
    ASSERT_FALSE(schema.has_value());
    EXPECT_EQ(schema.error().condition, kLimit);
}

// A string far larger than the memory limit does not need its size in memory to be refused.
TEST(Errors, HugeString) {
    auto path = std::filesystem::temp_directory_path() / ("tarn_huge_" + std::to_string(::getpid()) + ".json");
    {
        std::ofstream file(path);
        file << "[{\"a\":\"";
        std::string block(size_t{1} << 20, 'x');
        for (int i = 0; i < 100; ++i) file << block;
        file << "\"}]";
    }
    auto schema = InferSchema({{path.string(), {}}});
    std::filesystem::remove(path);
    ASSERT_FALSE(schema.has_value());
    EXPECT_EQ(schema.error().condition, kLimit);
    EXPECT_TRUE(schema.error().message.starts_with(path.string() + " at byte 1: a document")) << schema.error().message;
}

TEST(Errors, AFailingStore) {
    class Failing final : public ByteSource {
        Result<size_t> Read(char *buffer, size_t size) override {
            if (++calls_ > 3) return Fail(ErrorKind::kIo, kUnreadable, "users.json: the store went away.");
            std::fill_n(buffer, std::min<size_t>(size, 9), '{');
            std::copy_n("{\"a\":\"x\"}", std::min<size_t>(size, 9), buffer);
            return std::min<size_t>(size, 9);
        }
        int calls_ = 0;
    };
    InputFile file{"users.json", []() -> Result<std::unique_ptr<ByteSource>> { return std::make_unique<Failing>(); }};
    EXPECT_EQ(InferSchema({file}).error().message, "users.json: the store went away.");
    EXPECT_EQ(ReadRows({file}, AnySchema()).error().message, "users.json: the store went away.");
}

}  // namespace
}  // namespace tarn::extjson
