<?php

declare(strict_types=1);

namespace Varvol;

use RuntimeException;

/**
 * Gives an empty content folder the default themes and plugins. They are copied beside their place and then
 * renamed, so a folder that holds anything else is either the user's or complete once the renames are done.
 */
function fill_content(string $from, string $to): void
{
    $copy = "$to/.varvol-copy";
    $ready = "$to/.varvol-ready";
    if (!is_writable($to)) {
        throw new RuntimeException("$to is not writable for uid " . posix_getuid());
    }
    if (!is_dir($ready)) {
        if (array_diff(scandir($to), ['.', '..', 'lost+found', basename($copy)])) {
            return;
        }
        remove_tree($copy);
        copy_tree($from, $copy);
        rename($copy, $ready);
        note('filling the empty content folder with the default themes and plugins');
    }
    foreach (array_diff(scandir($ready), ['.', '..']) as $name) {
        if (!file_exists("$to/$name")) {
            rename("$ready/$name", "$to/$name");
        }
    }
    remove_tree($ready);
}

function copy_tree(string $from, string $to): void
{
    if (is_dir($from)) {
        mkdir($to, 0755);
        foreach (array_diff(scandir($from), ['.', '..']) as $name) {
            copy_tree("$from/$name", "$to/$name");
        }
    } elseif (!copy($from, $to)) {
        throw new RuntimeException("cannot copy to $to");
    }
}

function remove_tree(string $path): void
{
    if (is_dir($path) && !is_link($path)) {
        foreach (array_diff(scandir($path), ['.', '..']) as $name) {
            remove_tree("$path/$name");
        }
        rmdir($path);
    } elseif (is_link($path) || file_exists($path)) {
        unlink($path);
    }
}
