#include <algorithm>
#include <limits>
#include <unordered_set>

#include "base/text.h"
#include "extjson/internal/messages.h"
#include "extjson/internal/naming.h"
#include "extjson/internal/read_walker.h"
#include "extjson/internal/scalars.h"

namespace tarn::extjson {
namespace {

constexpr int64_t kMicrosPerMilli = 1'000;
constexpr int64_t kMicrosPerSecond = 1'000'000;
constexpr int64_t kMicrosPerDay = 86'400 * kMicrosPerSecond;

template <class T>
bool SetInRange(Builder &builder, int64_t value) {
    if (value < std::numeric_limits<T>::min() || value > std::numeric_limits<T>::max()) return false;
    builder.Set(T(value));
    return true;
}

bool StoreInteger(Builder &builder, const Token &token) {
    if (token.kind != Token::Kind::kInteger && token.kind != Token::Kind::kLong) return false;
    auto value = ParseInteger(token.text);
    if (!value) return false;
    switch (builder.type.kind) {
        case TypeKind::kByte:
            return SetInRange<int8_t>(builder, *value);
        case TypeKind::kShort:
            return SetInRange<int16_t>(builder, *value);
        case TypeKind::kInt:
            return SetInRange<int32_t>(builder, *value);
        default:
            return SetInRange<int64_t>(builder, *value);
    }
}

bool StoreDecimal(Builder &builder, std::string_view text) {
    auto value = ParseDecimal(text, builder.type.precision, builder.type.scale);
    if (!value) return false;
    switch (builder.width) {
        case 2:
            builder.Set(int16_t(*value));
            break;
        case 4:
            builder.Set(int32_t(*value));
            break;
        case 8:
            builder.Set(int64_t(*value));
            break;
        default:
            builder.Set(*value);
            break;
    }
    return true;
}

// Only brackets: {}, [], [{}]. Such a field has no column where no document puts more into it.
bool HoldsNothing(const char *begin, const char *end) {
    return std::all_of(begin, end,
                       [](char c) { return c == '{' || c == '}' || c == '[' || c == ']' || c == ',' || IsBlank(c); });
}

bool HasBeginning(const SchemaPaths &paths, const std::string &beginning) {
    auto it = paths.lower_bound(beginning);
    return it != paths.end() && it->starts_with(beginning);
}

bool IsInteger(const Token &token) { return token.kind == Token::Kind::kInteger || token.kind == Token::Kind::kLong; }

}  // namespace

bool ReadWalker::TakeToken(Token &token) {
    bool integer;
    switch (Here()) {
        case '"':
            token = {Token::Kind::kString, TakeString()};
            return true;
        case 't':
        case 'f':
            token = {Token::Kind::kBoolean, Here() == 't' ? "true" : "false"};
            return TakeWord(token.text);
        default:
            if (!TakeNumber(token.text, integer)) return false;
            token.kind = integer ? Token::Kind::kInteger : Token::Kind::kFraction;
            return true;
    }
}

bool ReadWalker::IsMissingObject(ReadNode &node) {
    if (Here() != 'n' || !mongo_) return false;
    if (node.action == Action::kMembers) return true;
    bool found;
    if (options_.guessed_paths) {
        // The names of columns do not tell `user.id` from `user_id`.
        std::string shown = ShownPath(node);
        found = HasBeginning(*options_.guessed_paths, shown + ".") || HasBeginning(*options_.guessed_paths, shown + "['");
    } else {
        std::string prefix = FlatName(node.path) + "_";
        found = node.columns && std::ranges::any_of(node.columns->by_name, [&](auto &entry) { return entry.first.starts_with(prefix); });
    }
    if (found) node.action = Action::kMembers;
    return found;
}

std::string ReadWalker::ShownPath(const ReadNode &node) const {
    if (&node == &root_) return "";
    if (node.is_element) return ShownPath(*node.parent) + "[]";
    return Shown(ShownPath(*node.parent), node.name);
}

bool ReadWalker::IsWhereSeen(const ReadNode &node) const { return options_.guessed_paths->contains(ShownPath(node)); }

bool ReadWalker::FailUnknown(const ReadNode &node) {
    return FailWith(MakeError(ErrorKind::kInvalidInput, "UNKNOWN_FIELD_EXCEPTION.NEW_FIELDS_IN_FILE",
                              path() + " at byte " + std::to_string(block_->file_offset + Offset()) + ": the field `" + node.name +
                                  "` is new."));
}

bool ReadWalker::FailTaken(const ReadNode &node, size_t offset) {
    std::string others;
    for (const ReadNode *other : bound_.at(node.builder)) {
        if (other != &node) others += (others.empty() ? "`" : " or `") + ShownPath(*other) + "`";
    }
    auto column = std::ranges::find(node.parent->columns->by_name, node.builder, [](auto &entry) { return entry.second; });
    return FailWith(MakeError(ErrorKind::kInvalidInput, "COLUMN_ALREADY_EXISTS",
                              Place(path(), block_->file_offset + offset) + ": the field `" + ShownPath(node) + "` becomes the column `" +
                                  column->first + "`, as " + others + " of the same document does."));
}

bool ReadWalker::Convert(ReadNode &node) {
    // The members of an unknown object of MongoDB's may be known, or are found unknown in their turn.
    if (IsUnknown(node) && !(mongo_ && Here() == '{') && !IsMissingObject(node)) return FailUnknown(node);
    if (Here() == 'n') return TakeWord("null");
    if (options_.guessed_paths && node.builder) {
        // Not the column's usual form: whether inference would have made another column of it is not decided here.
        TypeKind kind = node.builder->type.kind;
        bool usual = (Here() == '[' && kind == TypeKind::kArray) || (Here() == '{' && kind == TypeKind::kStruct);
        if (!usual) return FailUnknown(node);
    }
    if (Here() == '{') return ConvertObject(node);
    if (Here() == '[' && IsTaken(node)) return FailTaken(node, Offset());
    if (Here() == '[')
        return node.builder && node.builder->type.kind == TypeKind::kArray ? List(node) : ConvertContainer(node);
    const char *begin = At();
    Token token;
    if (!TakeToken(token)) return false;
    size_t length = token.text.size() + (token.kind == Token::Kind::kString ? 2 : 0);
    return StoreOrRescue(node, token, begin, begin + length);
}

bool ReadWalker::ConvertObject(ReadNode &node) {
    if (mongo_) {
        bool done = false;
        if (!ConvertMongoObject(node, done)) return false;
        if (done) return true;
    }
    bool is_struct = node.builder && node.builder->type.kind == TypeKind::kStruct;
    bool is_map = node.builder && node.builder->type.kind == TypeKind::kMap;
    if ((is_struct || is_map) && IsTaken(node)) return FailTaken(node, Offset());
    if (is_struct) return Struct(node);
    if (is_map) return Map(node);
    if (mongo_ && !node.is_element) {
        if (!node.builder) node.action = Action::kMembers;
        return Object(node);
    }
    return ConvertContainer(node);
}

bool ReadWalker::ConvertMongoObject(ReadNode &node, bool &done) {
    const char *begin = At();
    std::string_view text;
    WrapperKind kind;
    done = true;
    if (TryUndefined()) return !IsUnknown(node) || FailUnknown(node);
    if (TryNumberWrapper(text, kind)) {
        if (IsUnknown(node)) return FailUnknown(node);
        auto token_kind = kind == WrapperKind::kLong     ? Token::Kind::kLong
                          : kind == WrapperKind::kDouble ? Token::Kind::kDouble
                                                         : Token::Kind::kDecimal;
        return StoreOrRescue(node, {token_kind, text}, begin, BehindBracket());
    }
    if (node.special == Special::kBinary || node.special == Special::kDate) {
        if (IsUnknown(node)) return FailUnknown(node);
        return node.special == Special::kBinary ? BinaryObject(node) : SkipAndRescue(node);
    }
    done = false;
    bool scalar = node.is_element && node.builder && !node.builder->type.IsNested();
    return !scalar || WrappedElement(node, done);
}

// An element that is {"$oid": …} or the like, where elements are scalars.
bool ReadWalker::WrappedElement(ReadNode &node, bool &done) {
    if (Peek(1) != '"' || Peek(2) != ':' || !IsScalarWrapper(StringAt(1))) return true;
    done = true;
    std::string_view name = StringAt(1);
    auto known =
        std::ranges::find(node.wrapped, name, [](const auto &inner) -> std::string_view { return inner->name; });
    if (known == node.wrapped.end()) {
        auto inner = std::make_unique<ReadNode>();
        inner->name = name;
        inner->special = SpecialOf(name);
        inner->text_is_date = inner->special == Special::kDate;
        inner->is_element = true;
        Bind(*inner, node.builder);
        known = node.wrapped.insert(node.wrapped.end(), std::move(inner));
    }
    next_ += 3;
    if (!Enter() || !Value(**known)) return false;
    Leave();
    char c = text_[*next_++];
    if (c == '}') return true;
    if (c != ',') return --next_, false;
    // The sub-type of a version 1 $binary says nothing that we keep; anything else does.
    if (Here() != '"' || StringAt(0) != "$type") list_misfit_ = true;
    return SkipMembers();
}

// {"base64": text, "subType": text}
bool ReadWalker::BinaryObject(ReadNode &node) {
    const char *begin = At();
    bool stored = false;
    ++next_;
    if (!Enter()) return false;
    if (Here() == '}') {
        ++next_;
    } else {
        do {
            if (Here() != '"' || Peek(1) != ':') return false;
            bool data = StringAt(0) == "base64" && Peek(2) == '"';
            if (!SkipString()) return false;
            ++next_;
            if (!data || !node.builder) {
                if (!SkipValue()) return false;
            } else if (!Store(node, {Token::Kind::kString, TakeString()}, stored)) {
                return false;
            }
        } while (text_[*next_++] == ',');
        if (text_[next_[-1]] != '}') return false;
    }
    Leave();
    if (!stored) Rescue(node, begin, BehindBracket());
    return true;
}

// An array or object where the column is no such thing: its text for a STRING, else it is rescued.
bool ReadWalker::ConvertContainer(ReadNode &node) {
    if (!node.builder || node.builder->type.kind != TypeKind::kString) return SkipAndRescue(node);
    const char *begin = At();
    if (!SkipValue()) return false;
    node.builder->Set(MakeSlot(begin, size_t(BehindBracket() - begin)));
    return true;
}

bool ReadWalker::SkipAndRescue(ReadNode &node) {
    const char *begin = At();
    if (!SkipValue()) return false;
    if (node.builder || !HoldsNothing(begin, BehindBracket())) Rescue(node, begin, BehindBracket());
    return true;
}

bool ReadWalker::Map(ReadNode &node) {
    Builder &map = *node.builder;
    Scope &scope = *map.elements;
    Builder &entry = *map.children[0];
    ReadNode &value = ElementOf(node);
    const char *begin = At();
    uint64_t offset = scope.used;
    std::unordered_set<std::string_view> names;
    ++next_;
    if (!Enter()) return false;
    ++lists_;
    if (Here() == '}') {
        ++next_;
    } else {
        do {
            if (Here() != '"' || Peek(1) != ':') return false;
            if (!builder_.NextElement(scope)) return NoMemory();
            size_t at = Offset();
            std::string_view name = TakeString();
            entry.SetValid();
            if (!PutUnescaped(*entry.children[0], name.data(), name.size())) return false;
            if (!names.insert(name).second) {
                return FailWith(Malformed(path(), block_->file_offset + at,
                                          "an object has two fields named `" + std::string(name) + "`."));
            }
            ++next_;
            if (!Value(value)) return false;
        } while (text_[*next_++] == ',');
        if (text_[next_[-1]] != '}') return false;
    }
    --lists_;
    Leave();
    map.Set(ListSlot{offset, scope.used - offset});
    if (list_misfit_ && lists_ == 0) {
        list_misfit_ = false;
        Rescue(node, begin, BehindBracket());
    }
    return true;
}

bool ReadWalker::Decode(std::string_view raw, std::string &out) {
    out.resize(raw.size() + 16);
    char *end = Unescape(raw.data(), raw.data() + raw.size(), out.data());
    if (!end) return false;
    out.resize(size_t(end - out.data()));
    return true;
}

bool ReadWalker::StoreOrRescue(ReadNode &node, const Token &token, const char *begin, const char *end) {
    bool fits = false;
    if (!Store(node, token, fits)) return false;
    if (!fits) Rescue(node, begin, end);
    return true;
}

// False: the text is no JSON (a wrong escape). `fits` says whether the column took the value.
bool ReadWalker::Store(ReadNode &node, const Token &token, bool &fits) {
    std::string_view text = token.text;
    bool is_string = token.kind == Token::Kind::kString;
    if (IsTaken(node)) return FailTaken(node, size_t(text.data() - text_) - is_string);
    if (node.builder && node.builder->type.kind == TypeKind::kString) {
        fits = true;
        if (is_string) return PutText(*node.builder, text.data(), text.size());
        node.builder->Set(MakeSlot(text.data(), text.size()));
        return true;
    }
    if (is_string && block_->has_backslash && text.find('\\') != std::string_view::npos) {
        if (!Decode(text, decoded_)) return false;
        text = decoded_;
    }
    if (!node.builder) return true;
    switch (node.builder->type.kind) {
        case TypeKind::kBoolean:
            fits = token.kind == Token::Kind::kBoolean;
            if (fits) node.builder->Set(uint8_t(text == "true"));
            break;
        case TypeKind::kByte:
        case TypeKind::kShort:
        case TypeKind::kInt:
        case TypeKind::kLong:
        case TypeKind::kFloat:
        case TypeKind::kDouble:
        case TypeKind::kDecimal:
            fits = StoreNumber(*node.builder, {token.kind, text});
            break;
        case TypeKind::kTimestamp:
        case TypeKind::kTimestampNtz:
        case TypeKind::kDate:
            fits = StoreTime(node, token, text);
            break;
        case TypeKind::kBinary:
            fits = StoreBytes(*node.builder, {token.kind, text});
            break;
        default:
            break;
    }
    return true;
}

bool ReadWalker::StoreNumber(Builder &builder, const Token &token) {
    TypeKind kind = builder.type.kind;
    bool is_text = token.kind == Token::Kind::kString && !mongo_;
    if (kind == TypeKind::kDecimal) return (token.IsNumber() || is_text) && StoreDecimal(builder, token.text);
    if (kind != TypeKind::kFloat && kind != TypeKind::kDouble) return StoreInteger(builder, token);
    // Of texts, Spark takes only those that JSON has no number for.
    bool named = is_text && !token.text.empty() && !IsDigit(token.text.back());
    if (!token.IsNumber() && !named) return false;
    auto value = ParseDouble(token.text);
    if (!value && token.kind == Token::Kind::kDecimal) {
        std::string_view digits = token.text.starts_with('+') ? token.text.substr(1) : token.text;
        value = ParseDouble(digits);
    }
    if (!value) return false;
    if (kind == TypeKind::kFloat) {
        builder.Set(float(*value));
    } else {
        builder.Set(*value);
    }
    return true;
}

bool ReadWalker::StoreTime(ReadNode &node, const Token &token, std::string_view text) {
    Builder &builder = *node.builder;
    std::optional<int64_t> micros;
    if (token.kind == Token::Kind::kString) {
        if (builder.type.kind == TypeKind::kDate) {
            auto days = ParseDate(text);
            if (days) builder.Set(*days);
            return days.has_value();
        }
        micros = ParseTimestamp(text);
    } else if (IsInteger(token) && (node.text_is_date || !mongo_)) {
        int64_t product = 0;
        auto units = ParseInteger(text);
        int64_t unit = node.text_is_date ? kMicrosPerMilli : kMicrosPerSecond;
        if (units && !__builtin_mul_overflow(*units, unit, &product)) micros = product;
    }
    if (!micros) return false;
    if (builder.type.kind == TypeKind::kDate) {
        int64_t days = *micros / kMicrosPerDay - (*micros % kMicrosPerDay < 0);
        return SetInRange<int32_t>(builder, days);
    }
    builder.Set(*micros);
    return true;
}

bool ReadWalker::StoreBytes(Builder &builder, const Token &token) {
    if (token.kind != Token::Kind::kString) return false;
    auto bytes = ParseBase64(token.text);
    if (!bytes) return false;
    auto &kept = builder_.batch().texts.emplace_back(std::make_unique<std::string>(std::move(*bytes)));
    builder.Set(MakeSlot(kept->data(), kept->size()));
    return true;
}

void ReadWalker::Rescue(const ReadNode &node, const char *begin, const char *end) {
    if (lists_ > 0) {
        list_misfit_ = true;
    } else if (options_.rescue) {
        rescued_.push_back({&node, {begin, size_t(end - begin)}});
    }
}

// Nests what was rescued as in the document; fields of one object stand together there.
void ReadWalker::FinishRescued() {
    std::string out = "{";
    std::vector<const ReadNode *> open;
    for (const Rescued &entry : rescued_) {
        std::vector<const ReadNode *> parents;
        for (const ReadNode *at = entry.node->parent; at && at != &root_; at = at->parent) parents.push_back(at);
        std::ranges::reverse(parents);
        size_t common = size_t(std::ranges::mismatch(open, parents).in1 - open.begin());
        out.append(open.size() - common, '}');
        open.resize(common);
        for (size_t i = common; i < parents.size(); ++i) {
            if (out.back() != '{') out += ',';
            AppendJsonString(parents[i]->name, out);
            out += ":{";
            open.push_back(parents[i]);
        }
        if (out.back() != '{') out += ',';
        AppendJsonString(entry.node->name, out);
        out += ':';
        out += entry.text;
    }
    out.append(open.size(), '}');
    out += ",\"_file_path\":";
    AppendJsonString(path(), out);
    out += '}';
    auto &kept = builder_.batch().texts.emplace_back(std::make_unique<std::string>(std::move(out)));
    builder_.rescued().Set(MakeSlot(kept->data(), kept->size()));
    rescued_.clear();
}

}  // namespace tarn::extjson
