<?php

declare(strict_types=1);

namespace Varvol;

use Throwable;
use mysqli;
use mysqli_sql_exception;

/** Options that say how addresses are made: below the site's own, whatever that is. */
const RELATIVE_OPTIONS = ['permalink_structure', 'category_base', 'tag_base', 'rewrite_rules'];
/** Rows of a table that are named. */
const NAMED = 10;

/** What came of one table. */
final class Tally
{
    public int $changed = 0;
    public int $left = 0;
    public int $remain = 0;
    /** Column of a value that still has the old address. */
    public string $where = '';

    public function __construct(public readonly string $table)
    {
    }

    /** As it was before something that was taken back. */
    public function is(self $before): void
    {
        [$this->changed, $this->left, $this->remain] = [$before->changed, $before->left, $before->remain];
        $this->where = $before->where;
    }

    public function left(string $what, string $why): void
    {
        if (++$this->left <= NAMED) {
            note("left $this->table, $what, as it was: $why");
        }
    }

    public function remains(string $column): void
    {
        $this->remain++;
        $this->where = $this->where === '' ? $column : $this->where;
    }

    public function report(): void
    {
        if ($this->changed + $this->left + $this->remain > 0) {
            note("$this->table: replaced $this->changed values"
                . ($this->left ? ", left $this->left that can't be changed" : '')
                . ($this->remain ? "; $this->remain still name the old address, in $this->where" : ''));
        }
    }
}

/**
 * Replaces the old URL of a site that came from elsewhere, as its own options and its configuration name it. The options come
 * last: until then an interrupted run is simply repeated, as rows that are done have nothing left to replace.
 *
 * @param list<string> $others prefixes of other WordPresses
 */
function replace_site_url(mysqli $database, string $prefix, array $others, string $url): void
{
    $named = array_map(static fn (string $name): string
        => rtrim((string) option($database, $prefix, $name), '/'), SITE_OPTIONS);
    // Of one that was Varvol's before.
    $noted = array_map(static fn (string $host): string
        => "https://$host", array_diff(noted_hosts($database, $prefix), hosts_in($url)));
    $old = array_values(array_unique(array_filter([...$named, ...$noted, ...configured_addresses()], static fn (string $value): bool
        => $value !== $url && (string) parse_url($value, PHP_URL_HOST) !== '')));
    if ($old) {
        $changed = replace_everywhere($database, $prefix, $others, new UrlReplacement($old, $url));
        note('replaced ' . implode(' and ', $old) . " by $url in $changed values");
    }
    foreach (SITE_OPTIONS as $name) {
        set_option($database, $prefix, $name, $url);
    }
}

/** What the import has found of a configuration that went before the options. */
const ADDRESSES_FILE = '/srv/wordpress/wp-content/.varvol-addresses';

/** @return list<string> */
function configured_addresses(): array
{
    return array_map(trim(...), @file(ADDRESSES_FILE, FILE_IGNORE_NEW_LINES) ?: []);
}

/**
 * Replaces in all tables but those of other WordPresses beside it, and in style sheets. What can't be changed is left and
 * named; it never keeps a site from starting. The site may be visited, and change, meanwhile.
 *
 * @param list<string> $others prefixes of other WordPresses
 */
function replace_everywhere(mysqli $database, string $prefix, array $others, UrlReplacement $replacement): int
{
    $changed = 0;
    foreach (tables($database) as $table) {
        if (owner_of($table, [$prefix, ...$others]) === $prefix || owner_of($table, $others) === null) {
            $changed += replace_in_table($database, $table, $replacement, "{$prefix}options" === $table);
        }
    }
    return $changed + replace_in_styles('/srv/wordpress/wp-content/uploads', $replacement);
}

/** @param list<string> $prefixes */
function owner_of(string $table, array $prefixes): ?string
{
    $found = array_filter($prefixes, static fn (string $prefix): bool => str_starts_with($table, $prefix));
    usort($found, static fn (string $a, string $b): int => strlen($b) <=> strlen($a));
    return $found[0] ?? null;
}

function replace_in_table(mysqli $database, string $table, UrlReplacement $replacement, bool $options): int
{
    $tally = new Tally($table);
    try {
        $all = columns($database, $table);
        $text = array_filter($all, static fn (Column $column): bool => $column->isText);
        $key = integer_key($database, $table, $all);
        if (!$text) {
            return 0;
        }
        // What the server sets at a change by itself.
        $kept = array_values(array_filter($all, static fn (Column $column): bool => $column->sets));
        $skipped = $options ? " AND option_name NOT IN ('" . implode("','", [...SITE_OPTIONS, ...RELATIVE_OPTIONS, HOSTS_OPTION]) . "')" : '';
        if ($key !== null) {
            $worth = implode(' OR ', array_map(static fn (Column $column): string
                => $column->holds($database, $replacement), $text));
            replace_by_key($database, $key, array_values($text), $kept, "($worth)$skipped", $replacement, $tally, $options);
        } else {
            foreach ($text as $column) {
                $where = $column->holds($database, $replacement) . $skipped;
                replace_by_value($database, $column, $kept, $where, $replacement, $tally);
            }
        }
    } catch (mysqli_sql_exception $error) {
        $tally->left('what is left of it', $error->getMessage());
    }
    $tally->report();
    return $tally->changed;
}

/** The option "cron" with its events under the keys that WordPress finds them by: sums of their arguments. */
function with_cron_keys(string $old, string $new, UrlReplacement $replacement): string
{
    // Of classes that aren't there PHP makes an incomplete one, and writes it as it was.
    $cron = @unserialize($old, ['allowed_classes' => false]);
    $keys = [];
    foreach (is_array($cron) ? $cron : [] as $hooks) {
        foreach (is_array($hooks) ? $hooks : [] as $events) {
            foreach (is_array($events) ? $events : [] as $key => $event) {
                $arguments = serialize(is_array($event) ? $event['args'] ?? null : null);
                if (md5($arguments) === $key) {
                    $keys["s:32:\"$key\";"] = 's:32:"' . md5($replacement->apply($arguments)) . '";';
                }
            }
        }
    }
    return $keys ? strtr($new, $keys) : $new;
}

/** Style sheets that themes and page builders write into the uploads. */
function replace_in_styles(string $folder, UrlReplacement $replacement): int
{
    $changed = 0;
    foreach (is_dir($folder) ? array_diff(scandir($folder), ['.', '..']) : [] as $name) {
        $file = "$folder/$name";
        if (is_link($file)) {
            continue;
        }
        try {
            if (is_dir($file)) {
                $changed += replace_in_styles($file, $replacement);
            } elseif (str_ends_with(strtolower($name), '.css') && filesize($file) <= LARGEST) {
                $old = (string) file_get_contents($file);
                $new = $replacement->apply($old);
                if ($new !== $old) {
                    file_put_contents("$file.varvol", $new);
                    rename("$file.varvol", $file);
                    $changed++;
                }
            }
        } catch (Throwable $error) {
            note("left $file as it was: {$error->getMessage()}");
        }
    }
    return $changed;
}
