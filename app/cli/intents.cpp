// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/intents.h"

#include "model/domain/nbdvolume.h"

#include <QMap>

namespace treewarden::cli {

using namespace Qt::StringLiterals;

namespace {

using Kind = ArgumentError::Kind;
using Failed = tl::unexpected<ArgumentError>;

struct Form
{
    QString word;
    int arguments = 0;
    QStringList flags = {};
    QStringList options = {}; // with a value
};

const std::vector<Form> &forms()
{
    static const std::vector<Form> all = {
        {u"create"_s, 1, {u"--memory"_s, u"--disk-only"_s, u"--quiesce"_s}, {u"--kind"_s, u"--description"_s}},
        {u"revert"_s, 1, {u"--start"_s, u"--pause"_s, u"--safety-snapshot"_s}},
        {u"delete"_s, 1, {u"--children"_s, u"--children-only"_s, u"--metadata-only"_s}},
        {u"rename"_s, 2},
        {u"describe"_s, 2},
        {u"policy"_s, 1},
        {u"uniform"_s, 1},
        {u"start"_s},
        {u"pause"_s},
        {u"resume"_s},
        {u"shutdown"_s},
        {u"force-off"_s},
        {u"remove-orphan"_s, 1, {}, {u"--tag"_s}},
        {u"backup"_s, 1, {u"--quiesce"_s, u"--compress"_s}, {u"--level"_s, u"--disk"_s, u"--engine"_s, u"--speed"_s}},
    };
    return all;
}

// Intents of the contract that later versions bring.
constexpr const char *FutureIntents[] = {"merge", "flatten", "bitmap-add", "bitmap-clear", "bitmap-remove", "repair"};

// The words of one intent, sorted by what they are.
class Words
{
public:
    tl::expected<Form, ArgumentError> sort(QStringList words, IntentUse use)
    {
        bool isAfterOptions = false;
        while (!words.isEmpty()) {
            const QString word = words.takeFirst();
            if (isAfterOptions || !word.startsWith("--"_L1))
                m_arguments << word;
            else if (word == "--"_L1)
                isAfterOptions = true;
            else if (const auto taken = takeOption(word, words); !taken)
                return Failed(taken.error());
        }
        if (m_arguments.isEmpty())
            return Failed({Kind::NoIntent});
        const QString verb = m_arguments.takeFirst();
        for (const char *future : FutureIntents) {
            if (verb == QLatin1StringView(future))
                return Failed({Kind::FutureIntent, verb});
        }
        const auto form
            = std::find_if(forms().begin(), forms().end(), [&](const Form &each) { return each.word == verb; });
        if (form == forms().end())
            return Failed({Kind::UnknownIntent, verb});
        return check(*form, use).map([&] { return *form; });
    }

    QString argument(int number) const { return m_arguments.value(number); }
    bool has(const QString &option) const { return m_options.contains(option); }
    QString value(const QString &option) const { return m_options.value(option).value(0); }
    QStringList values(const QString &option) const { return m_options.value(option); }

    // Of these at most one.
    std::optional<ArgumentError> contradiction(const QStringList &options) const
    {
        QString seen;
        for (const QString &option : options) {
            if (!has(option))
                continue;
            if (!seen.isEmpty())
                return ArgumentError{Kind::Contradiction, seen, option};
            seen = option;
        }
        return {};
    }

private:
    static const QStringList &runOptions()
    {
        static const QStringList all{u"--acknowledge"_s, u"--alternative"_s, u"--expect"_s};
        return all;
    }
    static bool takesValue(const QString &option)
    {
        return runOptions().contains(option) || std::any_of(forms().begin(), forms().end(), [&](const Form &form) {
            return form.options.contains(option);
        });
    }

    tl::expected<void, ArgumentError> takeOption(const QString &word, QStringList &rest)
    {
        const qsizetype equals = word.indexOf(u'=');
        const QString option = word.left(equals < 0 ? word.size() : equals);
        if (!takesValue(option)) {
            if (equals >= 0)
                return Failed({Kind::UnknownOption, word});
            m_options.insert(option, {});
            return {};
        }
        if (equals < 0 && rest.isEmpty())
            return Failed({Kind::MissingValue, option});
        m_options[option] << (equals < 0 ? rest.takeFirst() : word.mid(equals + 1));
        return {};
    }

    tl::expected<void, ArgumentError> check(const Form &form, IntentUse use) const
    {
        for (const QString &option : m_options.keys()) {
            if (!form.flags.contains(option) && !form.options.contains(option)
                && (use != IntentUse::Run || !runOptions().contains(option)))
                return Failed({Kind::UnknownOption, option});
        }
        if (m_arguments.size() < form.arguments)
            return Failed({Kind::MissingArgument, form.word});
        if (m_arguments.size() > form.arguments)
            return Failed({Kind::TooMany, m_arguments[form.arguments]});
        return {};
    }

    QStringList m_arguments;
    QMap<QString, QStringList> m_options;
};

tl::expected<Intent, ArgumentError> create(const Words &words)
{
    CreateIntent intent{words.argument(0), words.value(u"--description"_s)};
    const QString kind = words.value(u"--kind"_s);
    if (kind == "internal"_L1)
        intent.kind = CreateIntent::Kind::Internal;
    else if (kind == "external"_L1)
        intent.kind = CreateIntent::Kind::External;
    else if (words.has(u"--kind"_s) && kind != "auto"_L1)
        return Failed({Kind::BadValue, u"--kind"_s, kind});
    if (const auto error = words.contradiction({u"--memory"_s, u"--disk-only"_s}))
        return Failed(*error);
    if (const auto error = words.contradiction({u"--memory"_s, u"--quiesce"_s}))
        return Failed(*error);
    intent.memory = words.has(u"--memory"_s) ? CreateIntent::Memory::Keep
        : words.has(u"--disk-only"_s)        ? CreateIntent::Memory::Drop
                                             : CreateIntent::Memory::Auto;
    intent.quiesce = words.has(u"--quiesce"_s);
    return Intent{{}, intent};
}

tl::expected<Intent, ArgumentError> revert(const Words &words)
{
    if (const auto error = words.contradiction({u"--start"_s, u"--pause"_s}))
        return Failed(*error);
    RevertIntent intent{words.argument(0)};
    intent.then = words.has(u"--start"_s) ? RevertIntent::Then::Start
        : words.has(u"--pause"_s)         ? RevertIntent::Then::Pause
                                          : RevertIntent::Then::AsItWas;
    return Intent{{}, intent};
}

tl::expected<Intent, ArgumentError> deletion(const Words &words)
{
    if (const auto error = words.contradiction({u"--children"_s, u"--children-only"_s, u"--metadata-only"_s}))
        return Failed(*error);
    DeleteIntent intent{words.argument(0)};
    intent.scope = words.has(u"--children"_s) ? DeleteIntent::Scope::WithChildren
        : words.has(u"--children-only"_s)     ? DeleteIntent::Scope::ChildrenOnly
                                              : DeleteIntent::Scope::One;
    intent.metadataOnly = words.has(u"--metadata-only"_s);
    return Intent{{}, intent};
}

tl::expected<Intent, ArgumentError> policyOrUniform(const QString &verb, const QString &word)
{
    const bool isPolicy = verb == "policy"_L1;
    if (word == "internal"_L1)
        return isPolicy ? Intent{{}, PolicyIntent{SnapshotPolicy::Internal}}
                        : Intent{{}, UniformIntent{SnapshotKind::Internal}};
    if (word == "external"_L1)
        return isPolicy ? Intent{{}, PolicyIntent{SnapshotPolicy::External}}
                        : Intent{{}, UniformIntent{SnapshotKind::External}};
    if (isPolicy && word == "ask"_L1)
        return Intent{{}, PolicyIntent{SnapshotPolicy::Ask}};
    return Failed({Kind::BadValue, verb, word});
}

tl::expected<Intent, ArgumentError> orphanRemoval(const Words &words)
{
    const QString tag = words.value(u"--tag"_s);
    if (words.has(u"--tag"_s) && tag.isEmpty()) // or the whole file would go
        return Failed({Kind::BadValue, u"--tag"_s, tag});
    return Intent{{}, RemoveOrphanIntent{words.argument(0), tag}};
}

tl::expected<Intent, ArgumentError> backup(const Words &words)
{
    using Level = BackupIntent::Level;
    BackupIntent intent{words.argument(0)};
    if (intent.directory.isEmpty() || (isVolume(intent.directory) && !nbdVolume(intent.directory)))
        return Failed({Kind::BadValue, u"backup"_s, intent.directory});
    const QString level = words.value(u"--level"_s);
    if (level == "full"_L1)
        intent.level = Level::Full;
    else if (level == "incremental"_L1)
        intent.level = Level::Incremental;
    else if (level == "top"_L1)
        intent.level = Level::Top;
    else if (words.has(u"--level"_s) && level != "auto"_L1)
        return Failed({Kind::BadValue, u"--level"_s, level});
    intent.disks = words.values(u"--disk"_s);
    intent.disks.removeDuplicates();
    if (intent.disks.contains(QString()))
        return Failed({Kind::BadValue, u"--disk"_s, {}});
    intent.quiesce = words.has(u"--quiesce"_s);
    const QString engine = words.value(u"--engine"_s);
    if (words.has(u"--engine"_s) && engine != "auto"_L1 && engine != "libvirt"_L1 && engine != "qmp"_L1)
        return Failed({Kind::BadValue, u"--engine"_s, engine});
    intent.engine = engine == "qmp"_L1 ? BackupIntent::Engine::Qmp
        : engine == "libvirt"_L1       ? BackupIntent::Engine::Libvirt
                                       : BackupIntent::Engine::Auto;
    bool isNumber = true;
    const QString speed = words.value(u"--speed"_s);
    if (words.has(u"--speed"_s))
        intent.speed = speed.toULongLong(&isNumber);
    if (!isNumber || (words.has(u"--speed"_s) && intent.speed == 0) || intent.speed > Bytes(1) << 60)
        return Failed({Kind::BadValue, u"--speed"_s, speed});
    intent.compress = words.has(u"--compress"_s);
    return Intent{{}, intent};
}

Intent power(const QString &verb)
{
    using To = PowerIntent::To;
    return {{},
        PowerIntent{verb == "start"_L1  ? To::Start
                : verb == "pause"_L1    ? To::Pause
                : verb == "resume"_L1   ? To::Resume
                : verb == "shutdown"_L1 ? To::ShutDown
                                        : To::ForceOff}};
}

tl::expected<Intent, ArgumentError> intentOf(const QString &verb, const Words &words)
{
    if (verb == "create"_L1)
        return create(words);
    if (verb == "revert"_L1)
        return revert(words);
    if (verb == "delete"_L1)
        return deletion(words);
    if (verb == "rename"_L1)
        return Intent{{}, RenameIntent{words.argument(0), words.argument(1)}};
    if (verb == "describe"_L1)
        return Intent{{}, DescribeIntent{words.argument(0), words.argument(1)}};
    if (verb == "policy"_L1 || verb == "uniform"_L1)
        return policyOrUniform(verb, words.argument(0));
    if (verb == "remove-orphan"_L1)
        return orphanRemoval(words);
    if (verb == "backup"_L1)
        return backup(words);
    return power(verb);
}

} // namespace

tl::expected<IntentArguments, ArgumentError> parseIntent(const QStringList &all, IntentUse use)
{
    Words words;
    const auto form = words.sort(all, use);
    if (!form)
        return Failed(form.error());
    auto intent = intentOf(form->word, words);
    if (!intent)
        return Failed(intent.error());
    IntentArguments parsed;
    parsed.intent = std::move(*intent);
    parsed.wantsSafetySnapshot = words.has(u"--safety-snapshot"_s);
    parsed.acknowledged = words.values(u"--acknowledge"_s);
    parsed.expected = words.value(u"--expect"_s).toLatin1();
    if (words.has(u"--alternative"_s)) {
        bool isNumber = false;
        const QString text = words.value(u"--alternative"_s);
        const int number = text.toInt(&isNumber);
        if (!isNumber || number < 0)
            return Failed({Kind::BadValue, u"--alternative"_s, text});
        parsed.alternative = number;
    }
    return parsed;
}

QString safetySnapshotName(const QString &snapshot, const QStringList &taken)
{
    const QString stem = u"before-revert-to-"_s + snapshot;
    QString name = stem;
    for (int i = 2; taken.contains(name); ++i)
        name = stem + u'-' + QString::number(i);
    return name;
}

} // namespace treewarden::cli
