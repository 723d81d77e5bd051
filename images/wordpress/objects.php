<?php
// WordPress's object cache in the host's valkey. It stands in place of a drop-in, which would lie where the site writes. Valkey may
// be away, or slow, at any moment: then a request has its own memory alone, as every WordPress without a server of that kind.
// Global on purpose: WordPress and plugins ask for these names.

#[AllowDynamicProperties]
class WP_Object_Cache
{
    private const SOCKET = '/run/valkey/valkey.sock';
    private const SECRET = '/run/secrets/valkey';
    /** All that is kept is to be forgotten: somebody could not say what has changed, or changed the database by another way. */
    private const STALE = '/run/php/objects-stale';
    /** Since when it does not answer in time. */
    private const AWAY = '/run/php/objects-away';
    private const PAUSE = 5;
    private const CONNECT_SECONDS = 0.15;
    private const READ_SECONDS = 0.25;
    /** What nobody gives a time is made anew after a day. */
    private const LONGEST = 86400;
    /** Longer than a request may take: what began before a change must not be kept after it. */
    private const HELD = 7200;
    private const LARGEST = 4 << 20;
    /** What core reads from the database, by wp_cache_add, and deletes when that changes. */
    private const GUARDED = [
        'options' => 1, 'posts' => 1, 'post_meta' => 1, 'terms' => 1, 'term_meta' => 1, 'users' => 1, 'user_meta' => 1,
        'userlogins' => 1, 'useremail' => 1, 'userslugs' => 1, 'comment' => 1, 'comment_meta' => 1,
    ];
    /** @var array<string, array<int|string, mixed>> by group: what this request knows */
    public array $cache = [];
    public int $cache_hits = 0;
    public int $cache_misses = 0;
    private ?Redis $valkey = null;
    private string $site = '';
    /** @var array<string, string> what keys begin with: of all, and of groups that were forgotten by themselves */
    private array $versions = [];
    /** @var array<string, string|false> what stood in the place of a value that was not there, by the whole key */
    private array $seen = [];
    /** @var array<string, int> */
    private array $global = [];
    /** @var array<string, int> */
    private array $unkept = [];
    private string $blog = '';

    public function __construct()
    {
        if (function_exists('is_multisite') && is_multisite()) {
            $this->switch_to_blog((int) get_current_blog_id());
        }
        $this->connect();
    }

    public function isConnected(): bool
    {
        return $this->valkey !== null;
    }

    public function get(int|string $key, string $group = '', bool $force = false, ?bool &$found = null): mixed
    {
        $group = $group ?: 'default';
        $known = array_key_exists($key, $this->cache[$group] ?? []);
        if ($this->valkey && $this->isKept($group) && ($force || !$known)) {
            $name = $this->name($key, $group);
            $raw = $this->ask(static fn (Redis $valkey): mixed => $valkey->get($name), null);
            if ($raw !== null) {
                $this->take($key, $group, $raw);
                $known = array_key_exists($key, $this->cache[$group] ?? []);
            }
        }
        $found = $known;
        if (!$known) {
            $this->cache_misses++;
            return false;
        }
        $this->cache_hits++;
        return self::own($this->cache[$group][$key]);
    }

    /** @param array<int|string> $keys */
    public function get_multiple(array $keys, string $group = '', bool $force = false): array
    {
        $group = $group ?: 'default';
        $wanted = $force ? $keys : array_filter($keys, fn (int|string $key): bool => !array_key_exists($key, $this->cache[$group] ?? []));
        $wanted = array_values($wanted);
        if ($this->valkey && $wanted && $this->isKept($group)) {
            $names = array_map(fn (int|string $key): string => $this->name($key, $group), $wanted);
            $all = $this->ask(static fn (Redis $valkey): mixed => $valkey->mGet($names), null);
            foreach (is_array($all) ? $all : [] as $i => $raw) {
                $this->take($wanted[$i], $group, $raw);
            }
        }
        $values = [];
        foreach ($keys as $key) {
            $known = array_key_exists($key, $this->cache[$group] ?? []);
            $known ? $this->cache_hits++ : $this->cache_misses++;
            $values[$key] = $known ? self::own($this->cache[$group][$key]) : false;
        }
        return $values;
    }

    public function add(int|string $key, mixed $data, string $group = '', int $expire = 0): bool
    {
        return $this->add_multiple([$key => $data], $group, $expire)[$key];
    }

    /** @param array<int|string, mixed> $data */
    public function add_multiple(array $data, string $group = '', int $expire = 0): array
    {
        $group = $group ?: 'default';
        if (function_exists('wp_suspend_cache_addition') && wp_suspend_cache_addition()) {
            return array_map(static fn (): bool => false, $data);
        }
        $new = array_filter($data, fn (int|string $key): bool => !array_key_exists($key, $this->cache[$group] ?? []), ARRAY_FILTER_USE_KEY);
        $added = $this->fill($new, $group, $expire);
        foreach ($new as $key => $value) {
            if ($added[$key]) {
                $this->cache[$group][$key] = self::own($value);
            }
        }
        return $added + array_map(static fn (): bool => false, $data);
    }

    public function set(int|string $key, mixed $data, string $group = '', int $expire = 0): bool
    {
        $group = $group ?: 'default';
        $this->cache[$group][$key] = self::own($data);
        if (!$this->isKept($group)) {
            return true;
        }
        // Core sets options that it has changed together with all others that this request has read, however long ago: they are
        // read anew. What it notes of options that are not there it may have begun to note before one came.
        if ($group === 'options') {
            $known = $key === 'notoptions' && isset($this->seen[$this->name($key, $group)]);
            if (!$known || !$this->fill([$key => $data], $group, $expire)[$key]) {
                $this->hold($key, $group);
                // What this request had noted may be of before then: it begins anew, too.
                if ($key === 'notoptions' && $this->valkey) {
                    unset($this->cache[$group][$key], $this->seen[$this->name($key, $group)]);
                }
            }
            return true;
        }
        $text = self::pack($data);
        $this->write($key, $group, static fn (Redis $pipe, string $name): mixed => $text === null
            ? $pipe->unlink($name)
            : $pipe->set($name, $text, ['EX' => self::seconds($expire)]));
        return true;
    }

    /** @param array<int|string, mixed> $data */
    public function set_multiple(array $data, string $group = '', int $expire = 0): array
    {
        $group = $group ?: 'default';
        // As core reads several options at once.
        if ($group === 'options') {
            $this->fill($data, $group, $expire);
            $this->cache[$group] = array_map(self::own(...), $data) + ($this->cache[$group] ?? []);
            return array_map(static fn (): bool => true, $data);
        }
        $set = [];
        foreach ($data as $key => $value) {
            $set[$key] = $this->set($key, $value, $group, $expire);
        }
        return $set;
    }

    public function replace(int|string $key, mixed $data, string $group = '', int $expire = 0): bool
    {
        $this->get($key, $group, false, $found);
        return $found && $this->set($key, $data, $group, $expire);
    }

    public function delete(int|string $key, string $group = ''): bool
    {
        $group = $group ?: 'default';
        $known = array_key_exists($key, $this->cache[$group] ?? []);
        unset($this->cache[$group][$key]);
        if (!$this->isKept($group)) {
            return $known;
        }
        if (isset(self::GUARDED[$group]) || str_ends_with($group, '_relationships')) {
            $this->hold($key, $group);
            return true;
        }
        return (bool) $this->write($key, $group, static fn (Redis $pipe, string $name): mixed => $pipe->unlink($name)) || $known;
    }

    /** @param array<int|string> $keys */
    public function delete_multiple(array $keys, string $group = ''): array
    {
        $deleted = [];
        foreach ($keys as $key) {
            $deleted[$key] = $this->delete($key, $group);
        }
        return $deleted;
    }

    public function incr(int|string $key, int $offset = 1, string $group = ''): int|false
    {
        $group = $group ?: 'default';
        $value = $this->get($key, $group, true, $found);
        if (!$found) {
            return false;
        }
        if ($this->valkey && $this->isKept($group) && is_int($value) && $group !== 'options') {
            $sum = $this->write($key, $group, static fn (Redis $pipe, string $name): mixed => $pipe->incrBy($name, $offset));
            if (is_int($sum) && $sum >= 0) {
                return $this->cache[$group][$key] = $sum;
            }
        }
        $sum = max(0, (is_numeric($value) ? (int) $value : 0) + $offset);
        $this->set($key, $sum, $group);
        return $sum;
    }

    public function decr(int|string $key, int $offset = 1, string $group = ''): int|false
    {
        return $this->incr($key, -$offset, $group);
    }

    /** Forgets all that is this site's. */
    public function flush(): bool
    {
        $this->flush_runtime();
        return $this->forget(fn (Redis $valkey): mixed => $valkey->unlink($this->place()));
    }

    public function flush_group(string $group): bool
    {
        unset($this->cache[$group]);
        return $this->forget(fn (Redis $valkey): mixed => $valkey->hSet($this->place(), "group $group", self::version()));
    }

    public function flush_runtime(): bool
    {
        $this->cache = [];
        $this->seen = [];
        return true;
    }

    /** @param string|array<string> $groups */
    public function add_global_groups(string|array $groups): void
    {
        $this->global += array_fill_keys((array) $groups, 1);
    }

    /** @param string|array<string> $groups */
    public function add_non_persistent_groups(string|array $groups): void
    {
        $this->unkept += array_fill_keys((array) $groups, 1);
    }

    public function switch_to_blog(int $blog): void
    {
        $this->blog = "$blog:";
    }

    public function stats(): void
    {
        $where = $this->isConnected() ? 'valkey' : 'none, the server is away';
        echo "<p>Object cache: $where. Hits: $this->cache_hits. Misses: $this->cache_misses.</p>";
    }

    private function connect(): void
    {
        $away = @filemtime(self::AWAY);
        if (!class_exists('Redis') || ($away !== false && $away > time() - self::PAUSE)) {
            $this->leave(null);
            return;
        }
        $forget = false;
        try {
            [$this->site, $password] = explode(' ', trim((string) @file_get_contents(self::SECRET))) + ['', ''];
            $valkey = new Redis();
            @$valkey->connect(self::SOCKET, 0, self::CONNECT_SECONDS, null, 0, self::READ_SECONDS);
            $valkey->setOption(Redis::OPT_MAX_RETRIES, 0);
            if (!$valkey->auth([$this->site, $password])) {
                throw new RedisException('it refuses the password');
            }
            // First this: what changes from here on is a reason to forget all once more.
            $forget = @unlink(self::STALE);
            if ($forget) {
                $valkey->unlink($this->place());
            }
            $this->valkey = $valkey;
            $this->versions = $this->read($valkey);
        } catch (RedisException $error) {
            if ($forget) {
                $this->lose();
            }
            $this->leave($error);
        }
    }

    /** The rest of the request is without it: transients are in the database then, as where there is no such cache. */
    private function leave(?RedisException $error): void
    {
        $this->valkey = null;
        if (function_exists('wp_using_ext_object_cache') && !(function_exists('is_multisite') && is_multisite())) {
            wp_using_ext_object_cache(false);
        }
        if ($error === null) {
            return;
        }
        if (!is_file(self::STALE)) {
            error_log('Pages are made without the object cache: ' . trim($error->getMessage()));
        }
        // What refuses a connection has done so at once. What does not answer is not waited for by everybody.
        if (preg_match('/read error|timed? ?out/i', $error->getMessage())) {
            @touch(self::AWAY);
        }
        $this->lose();
    }

    /** What has changed could not be told. */
    private function lose(): void
    {
        @touch(self::STALE);
    }

    private function ask(Closure $question, mixed $away): mixed
    {
        if (!$this->valkey) {
            return $away;
        }
        try {
            return $question($this->valkey);
        } catch (RedisException $error) {
            $this->leave($error);
            return $away;
        }
    }

    private function forget(Closure $how): bool
    {
        $done = $this->ask(function (Redis $valkey) use ($how): bool {
            $how($valkey);
            $this->versions = $this->read($valkey);
            return true;
        }, false);
        if (!$done) {
            $this->lose();
        }
        $this->seen = [];
        return true;
    }

    /** What a request that has changed something sends. It may have begun before all was forgotten: then it is sent once more. */
    private function write(int|string $key, string $group, Closure $send): mixed
    {
        $answer = $this->ask(function (Redis $valkey) use ($key, $group, $send): mixed {
            for ($tries = 0; $tries < 3; $tries++) {
                $pipe = $valkey->pipeline();
                $send($pipe, $this->name($key, $group));
                $pipe->hGetAll($this->place());
                $answers = $pipe->exec();
                if (!is_array($answers) || $answers[0] === false) {
                    throw new RedisException($valkey->getLastError() ?? 'it took nothing');
                }
                if ($answers[1] == $this->versions) {
                    return $answers[0];
                }
                $this->versions = $this->read($valkey);
                $this->seen = [];
            }
            throw new RedisException('it forgets all the time');
        }, null);
        if ($answer === null) {
            $this->lose();
        }
        return $answer;
    }

    /** A mark in the place of a value: what was read before it is not kept any more, as `fill` knows another one, or none. */
    private function hold(int|string $key, string $group): void
    {
        $mark = '!' . self::version();
        $held = $this->write($key, $group, static fn (Redis $pipe, string $name): mixed
            => $pipe->set($name, $mark, ['EX' => self::HELD]));
        if ($held) {
            $this->seen[$this->name($key, $group)] = $mark;
        }
    }

    /**
     * Keeps what was read from the database, unless something else is there than when it was looked for.
     *
     * @param array<int|string, mixed> $data
     * @return array<int|string, bool>
     */
    private function fill(array $data, string $group, int $expire): array
    {
        $all = array_map(static fn (): bool => true, $data);
        if (!$data || !$this->valkey || !$this->isKept($group)) {
            return $all;
        }
        $texts = array_filter(array_map(self::pack(...), $data), is_string(...));
        $answers = $this->ask(function (Redis $valkey) use ($texts, $group, $expire): array {
            $pipe = $valkey->pipeline();
            foreach ($texts as $key => $text) {
                $name = $this->name($key, $group);
                $seen = $this->seen[$name] ?? false;
                $unless = $seen === false ? ['NX'] : ['IFEQ', $seen];
                $pipe->rawCommand('SET', $name, $text, ...[...$unless, 'EX', (string) self::seconds($expire)]);
            }
            return $texts ? $pipe->exec() : [];
        }, null);
        foreach (array_keys($texts) as $i => $key) {
            $all[$key] = !is_array($answers) || (bool) ($answers[$i] ?? false);
            $name = $this->name($key, $group);
            if ($group === 'options' && $key === 'notoptions' && $all[$key]) {
                $this->seen[$name] = $texts[$key];
            } else {
                unset($this->seen[$name]);
            }
        }
        return $all;
    }

    private function take(int|string $key, string $group, mixed $raw): void
    {
        $name = $this->name($key, $group);
        unset($this->cache[$group][$key], $this->seen[$name]);
        $value = is_string($raw) && !str_starts_with($raw, '!') ? self::unpack($raw, $read) : null;
        if ($read ?? false) {
            $this->cache[$group][$key] = $value;
        }
        if (!($read ?? false) || ($group === 'options' && $key === 'notoptions')) {
            $this->seen[$name] = is_string($raw) ? $raw : false;
        }
    }

    private function isKept(string $group): bool
    {
        return !isset($this->unkept[$group]);
    }

    private function place(): string
    {
        return "$this->site:versions";
    }

    private function name(int|string $key, string $group): string
    {
        $begin = "$this->site:" . ($this->versions['all'] ?? '') . ($this->versions["group $group"] ?? '');
        $blog = isset($this->global[$group]) ? '' : $this->blog;
        $end = "$blog$key";
        return "$begin:$group:" . (strlen($end) > 200 ? sha1($end) : $end);
    }

    /** @return array<string, string> */
    private function read(Redis $valkey): array
    {
        $versions = $valkey->hGetAll($this->place());
        if (!isset($versions['all'])) {
            if ($valkey->hSetNx($this->place(), 'all', self::version())) {
                $this->begin();
            }
            $versions = $valkey->hGetAll($this->place());
        }
        if (!isset($versions['all'])) {
            throw new RedisException($valkey->getLastError() ?? 'it keeps nothing');
        }
        return $versions;
    }

    /** Transients that the database still has are of a time without this cache. Nobody has changed them since. */
    private function begin(): void
    {
        global $wpdb;
        if (!isset($wpdb->options)) {
            return;
        }
        $quiet = $wpdb->suppress_errors();
        $wpdb->query("DELETE FROM $wpdb->options WHERE option_name LIKE '\\_transient\\_%' OR option_name LIKE '\\_site\\_transient\\_%' LIMIT 10000");
        $wpdb->suppress_errors($quiet);
    }

    private static function version(): string
    {
        return bin2hex(random_bytes(8));
    }

    private static function seconds(int $expire): int
    {
        // Valkey refuses moments that are beyond its own reckoning.
        return $expire > 0 ? min($expire, 365 * self::LONGEST) : self::LONGEST;
    }

    /** Who gets an object may change it. */
    private static function own(mixed $value): mixed
    {
        return is_object($value) && !$value instanceof UnitEnum ? clone $value : $value;
    }

    /** Numbers are numbers there, to be counted on. Null for what can't be kept. */
    private static function pack(mixed $value): ?string
    {
        try {
            $text = is_int($value) ? (string) $value : serialize($value);
            return strlen($text) <= self::LARGEST ? $text : null;
        } catch (Throwable) {
            return null;
        }
    }

    /** What is of a class that is not loaded, or is another one by now, was never kept. */
    private static function unpack(string $raw, ?bool &$read = null): mixed
    {
        $read = false;
        if (preg_match('/^-?\d+$/', $raw)) {
            $read = true;
            return (int) $raw;
        }
        $before = ini_set('unserialize_callback_func', 'varvol_cache_no_class');
        try {
            $value = @unserialize($raw);
        } catch (Throwable) {
            return null;
        } finally {
            ini_set('unserialize_callback_func', (string) $before);
        }
        $read = $value !== false || $raw === 'b:0;';
        return $value;
    }
}

function wp_cache_init(): void
{
    $GLOBALS['wp_object_cache'] = new WP_Object_Cache();
    // Core takes an option off those that are not there only where it knew that it was one of them.
    add_action('added_option', static fn (): bool => wp_cache_delete('notoptions', 'options'), 0);
}

/** PHP asks for a class that it doesn't have. */
function varvol_cache_no_class(string $class): never
{
    throw new RuntimeException($class);
}

function varvol_cache_key(mixed $key): bool
{
    if (is_int($key) || (is_string($key) && trim($key) !== '')) {
        return true;
    }
    if (function_exists('_doing_it_wrong')) {
        _doing_it_wrong('wp_cache_*', 'A key of the object cache is a number, or a text that is not empty.', '6.1.0');
    }
    return false;
}

function wp_cache_add($key, $data, $group = '', $expire = 0)
{
    return varvol_cache_key($key) && $GLOBALS['wp_object_cache']->add($key, $data, (string) $group, (int) $expire);
}

function wp_cache_add_multiple(array $data, $group = '', $expire = 0)
{
    return $GLOBALS['wp_object_cache']->add_multiple($data, (string) $group, (int) $expire);
}

function wp_cache_replace($key, $data, $group = '', $expire = 0)
{
    return varvol_cache_key($key) && $GLOBALS['wp_object_cache']->replace($key, $data, (string) $group, (int) $expire);
}

function wp_cache_set($key, $data, $group = '', $expire = 0)
{
    return varvol_cache_key($key) && $GLOBALS['wp_object_cache']->set($key, $data, (string) $group, (int) $expire);
}

function wp_cache_set_multiple(array $data, $group = '', $expire = 0)
{
    return $GLOBALS['wp_object_cache']->set_multiple($data, (string) $group, (int) $expire);
}

function wp_cache_get($key, $group = '', $force = false, &$found = null)
{
    $found = false;
    return varvol_cache_key($key) ? $GLOBALS['wp_object_cache']->get($key, (string) $group, (bool) $force, $found) : false;
}

function wp_cache_get_multiple($keys, $group = '', $force = false)
{
    return $GLOBALS['wp_object_cache']->get_multiple(array_filter((array) $keys, varvol_cache_key(...)), (string) $group, (bool) $force);
}

function wp_cache_delete($key, $group = '')
{
    return varvol_cache_key($key) && $GLOBALS['wp_object_cache']->delete($key, (string) $group);
}

function wp_cache_delete_multiple(array $keys, $group = '')
{
    return $GLOBALS['wp_object_cache']->delete_multiple(array_filter($keys, varvol_cache_key(...)), (string) $group);
}

function wp_cache_incr($key, $offset = 1, $group = '')
{
    return varvol_cache_key($key) ? $GLOBALS['wp_object_cache']->incr($key, (int) $offset, (string) $group) : false;
}

function wp_cache_decr($key, $offset = 1, $group = '')
{
    return varvol_cache_key($key) ? $GLOBALS['wp_object_cache']->decr($key, (int) $offset, (string) $group) : false;
}

function wp_cache_flush()
{
    return $GLOBALS['wp_object_cache']->flush();
}

function wp_cache_flush_runtime()
{
    return $GLOBALS['wp_object_cache']->flush_runtime();
}

function wp_cache_flush_group($group)
{
    return $GLOBALS['wp_object_cache']->flush_group((string) $group);
}

function wp_cache_supports($feature)
{
    return in_array($feature, ['add_multiple', 'set_multiple', 'get_multiple', 'delete_multiple', 'flush_runtime', 'flush_group'], true);
}

function wp_cache_close()
{
    return true;
}

function wp_cache_add_global_groups($groups)
{
    $GLOBALS['wp_object_cache']->add_global_groups($groups);
}

function wp_cache_add_non_persistent_groups($groups)
{
    $GLOBALS['wp_object_cache']->add_non_persistent_groups($groups);
}

function wp_cache_switch_to_blog($blog_id)
{
    $GLOBALS['wp_object_cache']->switch_to_blog((int) $blog_id);
}

function wp_cache_reset()
{
    return $GLOBALS['wp_object_cache']->flush_runtime();
}
